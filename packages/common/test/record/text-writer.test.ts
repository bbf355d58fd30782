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
        writer.open()
        for (const value of values) {
          if (typeof value === 'number') writer.number(value)
          else writer.quoted(value)
        }
        writer.close()
        expect(writer.text()).to.equal(JSON.stringify(values))
      }),
    )
  })

  it('writes billions and what is behind them as one number in quotes', () => {
    const writer = new TextWriter()
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n - 1n }), (value) => {
        writer.clear()
        writer.quotedBillions(Number(value / 1_000_000_000n), Number(value % 1_000_000_000n))
        expect(writer.text()).to.equal(`"${value}"`)
      }),
    )
  })

  it('separates what is in a list, and in what is written as it is', () => {
    const writer = new TextWriter()
    writer.raw(Buffer.from('{"a":'))
    writer.open()
    writer.open()
    writer.close()
    writer.open()
    writer.number(-1)
    writer.close()
    writer.quotedBillions(0, 7)
    writer.close()
    writer.raw(Buffer.from(',"b":'))
    writer.number(2)
    writer.raw(Buffer.from('}'))
    expect(writer.text()).to.equal('{"a":[[],[-1],"7"],"b":2}')
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
