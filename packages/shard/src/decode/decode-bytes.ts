export const TAB = 0x09
export const NEWLINE = 0x0a
export const RETURN = 0x0d
export const SPACE = 0x20
export const QUOTE = 0x22
export const HASH = 0x23
export const COMMA = 0x2c
export const EQUALS = 0x3d
export const BACKSLASH = 0x5c
export const OPEN = 0x7b
export const CLOSE = 0x7d

export function skipBlanks(body: Buffer, start: number): number {
  let at = start
  while (body[at] === SPACE || body[at] === TAB) at++
  return at
}

/** Letters, digits and `_` (and `:`, which metric names may have). */
export function endOfName(body: Buffer, start: number): number {
  let at = start
  for (; at < body.length; at++) {
    const byte = body[at] as number
    const letter = byte | 0x20
    if (!((letter >= 0x61 && letter <= 0x7a) || byte === 0x5f || (byte >= 0x30 && byte <= 0x3a))) break
  }
  return at
}

/** Whether the bytes from `start` to `end` are exactly `word`. */
export function is(body: Buffer, start: number, end: number, word: Uint8Array): boolean {
  return end - start === word.length && startsWith(body, start, word)
}

export function startsWith(body: Buffer, start: number, word: Uint8Array): boolean {
  for (let at = 0; at < word.length; at++) if (body[start + at] !== word[at]) return false
  return true
}

/** LF, CR LF or the end of the answer. */
export function isLineEnd(body: Buffer, at: number): boolean {
  const end = body[at] === RETURN ? at + 1 : at
  return end >= body.length || body[end] === NEWLINE
}

/** Where the next line begins. */
export function nextLine(body: Buffer, start: number): number {
  if (body[start] === NEWLINE) return start + 1
  const newline = body.indexOf(NEWLINE, start)
  return newline < 0 ? body.length : newline + 1
}
