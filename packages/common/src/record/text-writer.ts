const quote = 0x22
const backslash = 0x5c
const space = 0x20
const comma = 0x2c
const colon = 0x3a
const opening = 0x5b
const closing = 0x5d
const minus = 0x2d
const zero = 0x30
const billion = 1_000_000_000
/** Bytes: at first, and of a writer that is empty. */
const usual = 16_384
const mostKept = 1_048_576
/** Sixteen digits and a sign. */
const longestNumber = 17

const nullText = Buffer.from('null')

/** JSON written byte by byte into one buffer that is used again and again: no string but the last, no rope, no array. */
export class TextWriter {
  #bytes = Buffer.allocUnsafeSlow(usual)
  #at = 0

  /** As it is: the bytes of ASCII characters. What comes next is separated from it by a comma, unless it ends with `[` or `:`. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes
    this.#reserve(length)
    const to = this.#bytes
    const at = this.#at
    for (let index = 0; index < length; index++) to[at + index] = bytes[index] as number
    this.#at = at + length
  }

  /** Begins a list. */
  open(): void {
    this.#begin(1)
    this.#bytes[this.#at++] = opening
  }

  /** Ends a list. */
  close(): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = closing
  }

  /** A whole number between -2^53 and 2^53; what is no number, as JSON writes it: null. */
  number(value: number): void {
    this.#begin(longestNumber)
    if (!Number.isFinite(value)) {
      this.raw(nullText)
      return
    }
    if (value < 0) this.#bytes[this.#at++] = minus
    this.#whole(Math.abs(value))
  }

  /** Two whole numbers as one, in quotes: `billions` in front, unless it is 0, and `rest`, below 10^9, behind it. */
  quotedBillions(billions: number, rest: number): void {
    this.#begin(2 * longestNumber)
    this.#bytes[this.#at++] = quote
    if (billions === 0) this.#whole(rest)
    else {
      this.#whole(billions)
      this.#digits(rest | 0, 9)
    }
    this.#bytes[this.#at++] = quote
  }

  /** In JSON's quotes. Its characters are not asked for one by one: V8 looks up anew how to (docs/performance.md). */
  quoted(text: string): void {
    const { length } = text
    this.#begin(length + 2)
    const bytes = this.#bytes
    const start = this.#at + 1
    const end = start + bytes.write(text, start)
    if (end !== start + length || !isPlain(bytes, start, end)) {
      this.#escaped(text)
      return
    }
    bytes[start - 1] = quote
    bytes[end] = quote
    this.#at = end + 1
  }

  /** All that was written. */
  text(): string {
    return this.#bytes.toString('utf8', 0, this.#at)
  }

  /** Empties it, whatever a fault has left behind, and gives back what a long text has taken. */
  clear(): void {
    this.#at = 0
    if (this.#bytes.length > mostKept) this.#bytes = Buffer.allocUnsafeSlow(usual)
  }

  /** A comma, where one is due, and room for so many bytes. */
  #begin(count: number): void {
    this.#reserve(count + 1)
    const before = this.#at === 0 ? colon : this.#bytes[this.#at - 1]
    if (before !== opening && before !== colon) this.#bytes[this.#at++] = comma
  }

  /** Below 2^53. */
  #whole(value: number): void {
    if (value < billion) {
      this.#digits(value | 0, widthOf(value | 0))
      return
    }
    const billions = Math.floor(value / billion)
    this.#digits(billions | 0, widthOf(billions | 0))
    this.#digits((value - billions * billion) | 0, 9)
  }

  #escaped(text: string): void {
    const json = Buffer.from(JSON.stringify(text))
    this.#reserve(json.length)
    this.#bytes.set(json, this.#at)
    this.#at += json.length
  }

  #digits(value: number, width: number): void {
    const bytes = this.#bytes
    const start = this.#at
    let rest = value
    for (let at = start + width - 1; at >= start; at--) {
      const next = (rest / 10) | 0
      bytes[at] = zero + (rest - next * 10)
      rest = next
    }
    this.#at = start + width
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(2 * (this.#at + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** JSON writes these bytes as they are. */
function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte < space || byte >= 0x7f || byte === quote || byte === backslash) return false
  }
  return true
}

/** Digits of a whole number below 2^31. */
function widthOf(value: number): number {
  if (value < 100_000) {
    if (value < 100) return value < 10 ? 1 : 2
    if (value < 1_000) return 3
    return value < 10_000 ? 4 : 5
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7
  if (value < 100_000_000) return 8
  return value < 1_000_000_000 ? 9 : 10
}
