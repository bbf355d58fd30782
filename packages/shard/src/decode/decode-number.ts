import { nanosOf, secondsOf } from '@metrics-ring/common/record/core-time'

/**
 * A decimal as it was written: (head x 10^tailDigits + tail) x 10^exponent. Both halves hold at most 15 digits,
 * so each is exact in a double; digits beyond the thirtieth are below every unit we keep and are cut off.
 */
export type Decimal = { head: number; tail: number; tailDigits: number; exponent: number }

/** The counter a kubelet keeps is an unsigned 64-bit number of nanoseconds. */
const MAX_NANOSECONDS = 2n ** 64n - 1n
const MAX_SECONDS = Number(MAX_NANOSECONDS / 1_000_000_000n)
/** Larger exponents are all the same to us, and sums with them stay exact. */
const MAX_EXPONENT = 1e9
const HALF_DIGITS = 15
const POWERS = Array.from({ length: HALF_DIGITS + 1 }, (_, power) => 10 ** power)

const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const LOWER_E = 0x65
const LOWER_CASE = 0x20

/**
 * Reads an unsigned decimal such as `4.71`, `1.253376e+07` or `12.` from `start` into `out`.
 * Returns where it ends, or -1 when there is no number (NaN, Inf, a minus sign, words).
 */
export function readDecimal(body: Uint8Array, start: number, out: Decimal): number {
  let at = body[start] === PLUS ? start + 1 : start
  let head = 0
  let tail = 0
  let tailDigits = 0
  let exponent = 0
  let digits = 0
  let point = false
  for (; at < body.length; at++) {
    const digit = (body[at] as number) - 0x30
    if (digit >= 0 && digit <= 9) {
      digits++
      if (head < 1e14) head = head * 10 + digit
      else if (tailDigits < HALF_DIGITS) {
        tail = tail * 10 + digit
        tailDigits++
      } else if (point) continue
      else exponent++
      if (point) exponent--
    } else if (digit === DOT - 0x30 && !point) point = true
    else break
  }
  if (digits === 0) return -1
  out.head = head
  out.tail = tail
  out.tailDigits = tailDigits
  out.exponent = exponent
  return at < body.length && ((body[at] as number) | LOWER_CASE) === LOWER_E
    ? readExponent(body, at + 1, out)
    : at
}

function readExponent(body: Uint8Array, start: number, out: Decimal): number {
  const sign = body[start]
  let at = sign === PLUS || sign === MINUS ? start + 1 : start
  const first = at
  let exponent = 0
  for (; at < body.length; at++) {
    const digit = (body[at] as number) - 0x30
    if (digit < 0 || digit > 9) break
    if (exponent < MAX_EXPONENT) exponent = exponent * 10 + digit
  }
  if (at === first) return -1
  out.exponent += sign === MINUS ? -exponent : exponent
  return at
}

/** The decimal x 10^scale with its fraction cut off; -1 when that is above 2^53 - 1. */
export function toInteger(decimal: Decimal, scale: number): number {
  if (decimal.tailDigits > 0) {
    const exact = toBigInt(decimal, scale)
    return exact !== undefined && exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : -1
  }
  const shift = decimal.exponent + scale
  if (decimal.head === 0 || shift < -HALF_DIGITS) return 0
  if (shift > HALF_DIGITS) return -1
  // Exact: a quotient of 15 digits cannot round up to the next integer, nor a product below 2^53 be rounded.
  if (shift < 0) return Math.floor(decimal.head / (POWERS[-shift] as number))
  const product = decimal.head * (POWERS[shift] as number)
  return product <= Number.MAX_SAFE_INTEGER ? product : -1
}

/** Whole seconds and the nanoseconds behind them, each exact. */
export type CoreTime = { seconds: number; nanos: number }

/** Reads seconds into `out`, cut off below a nanosecond; false when 64 bits do not hold them in nanoseconds. */
export function toCoreTime(decimal: Decimal, out: CoreTime): boolean {
  const { head, tail, tailDigits, exponent } = decimal
  /** How many digits of the head stand behind the point; those of the tail all do. */
  const behind = -exponent - tailDigits
  if (behind < 0 || behind > HALF_DIGITS) return toBigCoreTime(decimal, out)
  const unit = POWERS[behind] as number
  // Exact, as in `toInteger`.
  const seconds = Math.floor(head / unit)
  if (seconds >= MAX_SECONDS) return toBigCoreTime(decimal, out)
  out.seconds = seconds
  out.nanos = firstNine(head - seconds * unit, behind, tail, tailDigits)
  return true
}

/** The first nine of the digits of `head` and then of `tail`, zeros behind them where there are fewer. */
function firstNine(head: number, headDigits: number, tail: number, tailDigits: number): number {
  const missing = 9 - headDigits
  if (missing <= 0) return Math.floor(head / (POWERS[-missing] as number))
  const ofTail =
    tailDigits <= missing
      ? tail * (POWERS[missing - tailDigits] as number)
      : Math.floor(tail / (POWERS[tailDigits - missing] as number))
  return head * (POWERS[missing] as number) + ofTail
}

function toBigCoreTime(decimal: Decimal, out: CoreTime): boolean {
  const exact = toBigInt(decimal, 9)
  if (exact === undefined) return false
  out.seconds = secondsOf(exact)
  out.nanos = nanosOf(exact)
  return true
}

function toBigInt(decimal: Decimal, scale: number): bigint | undefined {
  const shift = decimal.exponent + scale
  const digits = BigInt(decimal.head) * 10n ** BigInt(decimal.tailDigits) + BigInt(decimal.tail)
  if (digits === 0n || shift < -2 * HALF_DIGITS) return 0n
  if (shift > 2 * HALF_DIGITS) return undefined
  const value = shift < 0 ? digits / 10n ** BigInt(-shift) : digits * 10n ** BigInt(shift)
  return value <= MAX_NANOSECONDS ? value : undefined
}
