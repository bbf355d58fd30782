const quote = 0x22
const backslash = 0x5c
const space = 0x20
const minus = 0x2d
const zero = 0x30
const billion = 1_000_000_000
/** Bytes: at first, and of a writer that is empty. */
const usual = 16_384
const mostKept = 1_048_576
/** Sixteen digits and a sign. */
const longestNumber = 17

/** Text written byte by byte into one buffer that is used again and again: no string but the last, no rope, no array. */
export class TextWriter {
  #bytes = new Uint8Array(usual)
  #at = 0

  /** ASCII, as it is. */
  raw(text: string): void {
    const { length } = text
    this.#reserve(length)
    const bytes = this.#bytes
    const at = this.#at
    for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index)
    this.#at = at + length
  }

  /** A whole number between -2^53 and 2^53; what is no number, as JSON writes it: null. */
  number(value: number): void {
    if (!Number.isFinite(value)) {
      this.raw('null')
      return
    }
    this.#reserve(longestNumber)
    let size = value
    if (value < 0) {
      this.#bytes[this.#at++] = minus
      size = -value
    }
    if (size < billion) this.#digits(size | 0, widthOf(size | 0))
    else {
      const billions = Math.floor(size / billion)
      this.billions(billions, size - billions * billion)
    }
  }

  /** Two whole numbers as one: `billions` in front, unless it is 0, and `rest`, below 10^9, behind it. */
  billions(billions: number, rest: number): void {
    if (billions === 0) this.number(rest)
    else {
      this.number(billions)
      this.#reserve(longestNumber)
      this.#digits(rest | 0, 9)
    }
  }

  /** In JSON's quotes. */
  quoted(text: string): void {
    const { length } = text
    this.#reserve(length + 2)
    const bytes = this.#bytes
    const at = this.#at + 1
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      if (code < space || code >= 0x7f || code === quote || code === backslash) {
        this.#escaped(text)
        return
      }
      bytes[at + index] = code
    }
    bytes[at - 1] = quote
    bytes[at + length] = quote
    this.#at = at + length + 1
  }

  /** All that was written. */
  text(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#at).toString()
  }

  /** Empties it, whatever a fault has left behind, and gives back what a long text has taken. */
  clear(): void {
    this.#at = 0
    if (this.#bytes.length > mostKept) this.#bytes = new Uint8Array(usual)
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
    const grown = new Uint8Array(2 * (this.#at + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
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
