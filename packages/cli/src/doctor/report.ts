import type { Check } from './examine.ts'
import { count, type Finding } from './finding.ts'

export type Report = {
  /** Nothing was found; checks that were skipped do not count. */
  sound: boolean
  tookMs: number
  checks: Omit<Check, 'findings'>[]
  findings: (Finding & { check: string })[]
}

/** Errors first. Pure. */
export function reportOf(checks: readonly Check[], tookMs: number): Report {
  const all = checks.flatMap(({ check, findings }) => findings.map((each) => ({ check, ...each })))
  const findings = all.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))
  return {
    sound: findings.length === 0,
    tookMs: Math.round(tookMs),
    checks: checks.map(({ findings: _, ...check }) => check),
    findings,
  }
}

const marks = { sound: 'ok', findings: '!!', skipped: '--' } as const

/** For people: a line for each check, then what was found, and what to do about it. Pure. */
export function drawReport({ checks, findings, tookMs }: Report, columns = 100): string {
  const lines = checks.map(({ check, result, note }) => `[${marks[result]}] ${check.padEnd(18)} ${note}`)
  const details = findings.map(({ code, severity, symptom, evidence, fix }, at) =>
    [
      `${at + 1}. ${severity.toUpperCase()} ${code}: ${symptom}`,
      indented('seen', evidence, columns),
      indented('fix', fix, columns),
    ].join('\n'),
  )
  return [...lines, '', ...details.flatMap((each) => [each, '']), summary(checks, findings, tookMs)].join(
    '\n',
  )
}

function summary(checks: Report['checks'], findings: Report['findings'], tookMs: number): string {
  const skipped = checks.filter(({ result }) => result === 'skipped').map(({ check }) => check)
  const left = skipped.length > 0 ? ` Not looked at: ${skipped.join(', ')}.` : ''
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const took = `${(tookMs / 1000).toFixed(1)} s`
  if (findings.length === 0) return `All is well, after ${took}.${left}`
  return `${count(errors, 'error')} and ${count(findings.length - errors, 'warning')}, after ${took}.${left} docs/troubleshoot.md has more.`
}

/** The words of a text in lines no longer than that, where words allow it, below each other. */
function indented(title: string, text: string, columns: number): string {
  const head = `   ${title.padEnd(5)}`
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && head.length + line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return head + [...lines, line].join(`\n${' '.repeat(head.length)}`)
}
