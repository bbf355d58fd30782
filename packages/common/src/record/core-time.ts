/**
 * CPU time as whole core-seconds and the nanoseconds behind them, each exact as a number: a counter of a large node passes
 * 2^53 nanoseconds in weeks, and bigints cost an object each.
 */
const perSecond = 1_000_000_000
const bigPerSecond = 1_000_000_000n

export const secondsOf = (ns: bigint): number => Number(ns / bigPerSecond)
export const nanosOf = (ns: bigint): number => Number(ns % bigPerSecond)

/** Nanoseconds, exact. */
export function wholeNs(seconds: number, nanos: number): bigint {
  return BigInt(seconds) * bigPerSecond + BigInt(nanos)
}

/**
 * CPU over a window, nanocores: core-nanoseconds over milliseconds, cut off to a whole number as metrics-server does; exact.
 * As doubles, too: a quotient a/b of whole numbers, a < 2^53, is 1/b or more below the next whole number, and a rounded one
 * is off by less.
 */
export function nanocores(seconds: number, nanos: number, windowMs: number): number {
  const small = (seconds * perSecond + nanos) * 1000
  if (small <= Number.MAX_SAFE_INTEGER) return Math.floor(small / windowMs)
  return Number((wholeNs(seconds, nanos) * 1000n) / BigInt(windowMs))
}
