/**
 * Writes protobuf from the last byte to the first, as gogo does: the length of a message is known once its
 * content stands, so nothing is measured twice. Write the last field first; nested messages likewise.
 */
export type ProtobufWriter = {
  /** Bytes written so far: remember it before a nested message, and give it to `open` after its fields. */
  size(): number
  varint(field: number, value: number | bigint): void
  text(field: number, value: string): void
  bytes(field: number, value: Uint8Array): void
  /** Fields that were written before. */
  raw(fields: Uint8Array): void
  /** Turns what was written since `size` was `before` into the content of a field. */
  open(field: number, before: number): void
  /** Forgets what was written: what a fault left behind must not stand in the next message. */
  reset(): void
  /** A copy of all that was written; the writer is empty again. */
  take(): Buffer<ArrayBuffer>
  /** All that was written, as it stands until more is; the writer is empty again. */
  lend(): Buffer<ArrayBuffer>
}

const varintType = 0
const bytesType = 2

export function createProtobufWriter(): ProtobufWriter {
  let buffer = Buffer.allocUnsafeSlow(4096)
  let at = buffer.length

  function reserve(count: number) {
    if (count > at) grow(count)
    at -= count
  }
  function grow(count: number) {
    const used = buffer.length - at
    const grown = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + count))
    buffer.copy(grown, grown.length - used, at)
    at = grown.length - used
    buffer = grown
  }
  function rawNumber(value: number) {
    if (value < 0x80) {
      reserve(1)
      buffer[at] = value
      return
    }
    reserve(varintSize(value))
    let to = at
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) buffer[to++] = (rest % 0x80) | 0x80
    buffer[to] = rest
  }
  function rawBig(value: bigint) {
    const digits: number[] = []
    let rest = BigInt.asUintN(64, value)
    for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80)
    digits.push(Number(rest))
    reserve(digits.length)
    buffer.set(digits, at)
  }
  function ascii(value: string): boolean {
    reserve(value.length)
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code >= 0x80) {
        at += value.length
        return false
      }
      buffer[at + index] = code
    }
    return true
  }
  function open(field: number, before: number) {
    rawNumber(buffer.length - at - before)
    rawNumber((field << 3) | bytesType)
  }
  function lend() {
    const lent = buffer.subarray(at)
    at = buffer.length
    return lent
  }
  return {
    open,
    size: () => buffer.length - at,
    varint(field, value) {
      if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) rawNumber(value)
      else rawBig(BigInt(value))
      rawNumber((field << 3) | varintType)
    },
    text(field, value) {
      const before = buffer.length - at
      if (!ascii(value)) {
        const count = Buffer.byteLength(value)
        reserve(count)
        buffer.write(value, at)
      }
      open(field, before)
    },
    bytes(field, value) {
      const before = buffer.length - at
      reserve(value.length)
      buffer.set(value, at)
      open(field, before)
    },
    raw(fields) {
      reserve(fields.length)
      buffer.set(fields, at)
    },
    reset() {
      at = buffer.length
    },
    take: () => Buffer.from(lend()),
    lend,
  }
}

/** Bytes of a varint; a safe non-negative integer. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++
  return size
}
