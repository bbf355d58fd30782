const short: Record<string, string> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

/** What Go's strconv.IsPrint leaves as it is: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const unprintable = /["\\]|[^ \p{L}\p{M}\p{N}\p{P}\p{S}]/gu

/** Text of Go's `%q`. */
export function goQuote(text: string): string {
  return `"${text.replace(unprintable, escaped)}"`
}

function escaped(character: string): string {
  const known = short[character]
  if (known !== undefined) return known
  const code = character.codePointAt(0) as number
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code >= 0xd800 && code <= 0xdfff) return '\\ufffd'
  return code < 0x1_0000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`
}
