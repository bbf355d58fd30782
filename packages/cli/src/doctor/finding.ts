/** Something that is wrong, or will be. */
export type Finding = {
  /** Stable; docs/troubleshoot.md has them all. */
  code: string
  /** `error`: metrics are missing or refused, or will be soon. `warning`: it works, but not as it should. */
  severity: 'error' | 'warning'
  /** What is wrong, a sentence. */
  symptom: string
  /** What was seen that says so. */
  evidence: string
  /** The command or the flag that mends it. */
  fix: string
}

/** What a group of checks has found; `note` says what it looked at, or could not. */
export type Found = { findings: Finding[]; note: string }

/** A check that cannot be made from here, and why. */
export class Skip extends Error {}

/** `a, b, c and 4 more` */
export function some(names: readonly string[], most = 3): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} and ${names.length - most} more` : shown
}

/** `1 node`, `2 nodes` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
