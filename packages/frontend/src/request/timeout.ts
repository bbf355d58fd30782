import { parseDuration } from '@metrics-ring/common/duration'

const maxDurationMs = Number(2n ** 63n) / 1e6

/** A Go duration in milliseconds, or what Go's time.ParseDuration says against the text. */
export function readDuration(text: string): number | { fault: string } {
  const durationMs = parseDuration(text)
  if (durationMs !== undefined && Math.abs(durationMs) < maxDurationMs) return durationMs
  return { fault: `time: ${durationFault(text)}` }
}

function durationFault(text: string): string {
  let rest = text.replace(/^[+-]/, '')
  while (rest !== '') {
    const [whole = '', number, unit = ''] = /^(\d+\.?\d*|\.\d+)([^.\d]*)/.exec(rest) ?? []
    if (number === undefined) break
    if (unit === '') return `missing unit in duration ${quote(text)}`
    if (parseDuration(`1${unit}`) === undefined) {
      return `unknown unit ${quote(unit)} in duration ${quote(text)}`
    }
    rest = rest.slice(whole.length)
  }
  return `invalid duration ${quote(text)}`
}

/** The time package quotes byte by byte. */
function quote(text: string): string {
  const bytes = [...Buffer.from(text)].map((byte) => {
    if (byte < 0x20 || byte >= 0x80) return `\\x${byte.toString(16).padStart(2, '0')}`
    return (byte === 0x22 || byte === 0x5c ? '\\' : '') + String.fromCharCode(byte)
  })
  return `"${bytes.join('')}"`
}
