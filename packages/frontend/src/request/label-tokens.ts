/** A piece of a label selector. `in` and `notin` are words; what they mean depends on where they stand. */
export type Token = { kind: 'word' | 'symbol' | 'end'; text: string }

const pieces = /==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+/g
const end: Token = { kind: 'end', text: '' }

export type Tokens = { peek(): Token; next(): Token }

/** The tokens of a selector, from left to right; after the last one, `end` again and again. */
export function tokensOf(selector: string): Tokens {
  const texts = selector.match(pieces) ?? []
  let at = 0
  const peek = (): Token => {
    const text = texts[at]
    if (text === undefined) return end
    return { kind: /^[=!(),<>]/.test(text) ? 'symbol' : 'word', text }
  }
  return {
    peek,
    next() {
      const token = peek()
      at++
      return token
    },
  }
}
