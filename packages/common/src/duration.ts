const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** A Go duration (`15s`, `1m30s`, `1.5h`; time.ParseDuration) in milliseconds; undefined if it is not one. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return 0
  let totalMs = 0
  part.lastIndex = 0
  while (part.lastIndex < body.length) {
    const match = part.exec(body)
    if (!match) return undefined
    totalMs += Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
  }
  if (body === '') return undefined
  return negative ? -totalMs : totalMs
}
