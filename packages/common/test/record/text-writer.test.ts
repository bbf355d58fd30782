import { expect } from 'chai'
import fc from 'fast-check'
import { TextWriter } from '../../src/record/text-writer.ts'

describe('a text writer', () => {
  it('writes numbers and texts as JSON does, however many', () => {
    const writer = new TextWriter()
    const most = Number.MAX_SAFE_INTEGER
    const number = fc.oneof(
      fc.integer({ min: -most, max: most }),
      fc.integer(),
      fc.constantFrom(0, 9, 10, 999_999_999, 1_000_000_000, 2 ** 31, most, -most, Number.NaN, -Infinity),
    )
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary', maxLength: 5_000 }))
    fc.assert(
      fc.property(fc.array(fc.oneof(number, text)), (values) => {
        writer.clear()
        writer.raw('[')
        for (const [index, value] of values.entries()) {
          if (index > 0) writer.raw(',')
          if (typeof value === 'number') writer.number(value)
          else writer.quoted(value)
        }
        writer.raw(']')
        expect(writer.text()).to.equal(JSON.stringify(values))
      }),
    )
  })

  it('writes billions and what is behind them as one number', () => {
    const writer = new TextWriter()
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n - 1n }), (value) => {
        writer.clear()
        writer.billions(Number(value / 1_000_000_000n), Number(value % 1_000_000_000n))
        expect(writer.text()).to.equal(String(value))
      }),
    )
  })

  it('grows, and is empty once cleared', () => {
    const writer = new TextWriter()
    const long = 'x'.repeat(3_000_000)
    writer.quoted(long)
    expect(writer.text()).to.equal(`"${long}"`)
    writer.clear()
    writer.number(7)
    expect(writer.text()).to.equal('7')
  })
})
