/** Just enough DER (ITU-T X.690) to write an X.509 certificate. */

function length(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.from([bytes])
  if (bytes < 0x100) return Buffer.from([0x81, bytes])
  return Buffer.from([0x82, bytes >> 8, bytes & 0xff])
}

/** One element: tag, length, content. Contents stay below 64 KiB here. */
export function element(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), length(body.length), body])
}

export function sequence(...content: Uint8Array[]): Buffer {
  return element(0x30, ...content)
}

export function set(...content: Uint8Array[]): Buffer {
  return element(0x31, ...content)
}

export function octets(content: Uint8Array): Buffer {
  return element(0x04, content)
}

export function bits(content: Uint8Array, unusedBits = 0): Buffer {
  return element(0x03, Buffer.from([unusedBits]), content)
}

/** A non-negative integer, big-endian, with the sign byte DER asks for and without superfluous zeros. */
export function integer(bigEndian: Uint8Array): Buffer {
  const firstSignificant = bigEndian.findIndex((byte) => byte !== 0)
  const digits = firstSignificant < 0 ? Buffer.from([0]) : bigEndian.subarray(firstSignificant)
  const needsSign = (digits[0] ?? 0) >= 0x80
  return element(0x02, Buffer.from(needsSign ? [0] : []), digits)
}

export function utf8(text: string): Buffer {
  return element(0x0c, Buffer.from(text, 'utf8'))
}

/** `dotted` such as `1.2.840.10045.4.3.2`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80)
  return bytes
}

/** UTCTime up to 2049, GeneralizedTime from 2050, as RFC 5280 section 4.1.2.5 demands. */
export function time(date: Date): Buffer {
  const digits = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits))
}

export const TRUE = Buffer.from([0x01, 0x01, 0xff])
