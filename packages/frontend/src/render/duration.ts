/** Text of Go's Duration.String(), as `window` has it. Milliseconds; fractions are kept down to a nanosecond. */
export function goDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6)
  const whole = nanoseconds / 1e9
  // The window of nearly every item: whole seconds or milliseconds, below a minute.
  if (nanoseconds >= 1e9 && whole < 60 && nanoseconds % 1e6 === 0) return `${whole}s`
  return goDurationNanos(nanoseconds)
}

/** As `goDuration`, from nanoseconds, an integer. */
export function goDurationNanos(nanoseconds: number | bigint): string {
  const value = BigInt(nanoseconds)
  if (value === 0n) return '0s'
  if (value < 0n) return `-${goDurationNanos(-value)}`
  if (value < 1_000n) return `${value}ns`
  if (value < 1_000_000n) return `${fraction(value, 3)}µs`
  if (value < 1_000_000_000n) return `${fraction(value, 6)}ms`
  const minutes = value / 60_000_000_000n
  const seconds = `${fraction(value % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return seconds
  const hours = minutes / 60n
  return hours === 0n ? `${minutes}m${seconds}` : `${hours}h${minutes % 60n}m${seconds}`
}

/** Nanoseconds of a window, for protobuf. */
export function windowNanos(milliseconds: number): number {
  return Math.round(milliseconds * 1e6)
}

/** `value` / 10^digits without trailing zeros. */
function fraction(value: bigint, digits: number): string {
  const scale = 10n ** BigInt(digits)
  const rest = String(value % scale)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return rest === '' ? String(value / scale) : `${value / scale}.${rest}`
}
