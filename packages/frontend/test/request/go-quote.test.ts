import { expect } from 'chai'
import { goQuote } from '../../src/request/go-quote.ts'
import { vectors } from '../vectors.ts'

describe('quoted text', () => {
  it('is what Go prints for %q', () => {
    const { quotes } = vectors<{ quotes: [string, string][] }>('amounts.golden.json')
    for (const [text, quoted] of quotes) expect(goQuote(text)).to.equal(quoted)
  })

  it('holds no half of a surrogate pair', () => {
    expect(goQuote('a\ud800')).to.equal('"a\\ufffd"')
  })
})
