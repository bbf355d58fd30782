/** Texts for people. Pure. */

/** @param {number} count */
export function number(count) {
  return count.toLocaleString('en-US')
}

/** @param {number} ms age or duration; negative: there is none */
export function seconds(ms) {
  if (ms < 0) return 'never'
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`
  return ms < 5_990_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

/** @param {number} part in [0, 1] @returns {string} 100 % only if nothing is missing */
export function percent(part) {
  const hundredths = part === 1 ? 10_000 : Math.min(9_999, Math.round(part * 10_000))
  return `${(hundredths / 100).toFixed(hundredths % 100 === 0 ? 0 : 2)} %`
}

/** @param {number} count @param {string} noun */
export function plural(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`
}

/**
 * What tells names apart: a beginning that all share is left out up to its last dash, if the names are long.
 * @param {string[]} names
 * @returns {(name: string) => string}
 */
export function shortener(names) {
  const [first = ''] = names
  let length = names.length < 2 ? 0 : first.length
  for (const name of names) while (!name.startsWith(first.slice(0, length))) length--
  const cut = first.slice(0, length).lastIndexOf('-') + 1
  const isLong = names.some((name) => name.length > 14)
  return (name) => (isLong && cut > 0 ? `…${name.slice(cut)}` : name)
}
