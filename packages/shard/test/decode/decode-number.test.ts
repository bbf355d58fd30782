import { wholeNs } from '@metrics-ring/common/record/core-time'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Decimal, readDecimal, toCoreTime, toInteger } from '../../src/decode/decode-number.ts'
import { exactly } from './decode-oracle.ts'

const digits = (max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: max }).map((each) => each.join(''))
const decimal = fc
  .tuple(
    digits(20),
    fc.option(digits(25), { nil: undefined }),
    fc.option(fc.integer({ min: -40, max: 40 }), { nil: undefined }),
  )
  .filter(([whole, fraction]) => whole + (fraction ?? '') !== '')
  .map(
    ([whole, fraction, exponent]) =>
      whole + (fraction === undefined ? '' : `.${fraction}`) + (exponent === undefined ? '' : `e${exponent}`),
  )

function read(text: string): Decimal {
  const out: Decimal = { head: 0, tail: 0, tailDigits: 0, exponent: 0 }
  expect(readDecimal(Buffer.from(text), 0, out), text).to.equal(text.length)
  return out
}

function toNanoseconds(decimal: Decimal): bigint | undefined {
  const time = { seconds: 0, nanos: 0 }
  if (!toCoreTime(decimal, time)) return undefined
  expect(time.nanos).to.be.within(0, 999_999_999)
  return wholeNs(time.seconds, time.nanos)
}

describe('decimals', () => {
  it('are nanoseconds, exact to the last digit', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const exact = exactly(text, 9)
        expect(toNanoseconds(read(text)), text).to.equal(exact < 2n ** 64n ? exact : undefined)
      }),
      { numRuns: 5_000 },
    )
  })

  it('are integers of any scale, or too large', () => {
    fc.assert(
      fc.property(decimal, fc.constantFrom(0, 3), (text, scale) => {
        const exact = exactly(text, scale)
        const expected = exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : -1
        expect(toInteger(read(text), scale), text).to.equal(expected)
      }),
      { numRuns: 5_000 },
    )
  })

  it('of a double written by Go and read here give the same nanoseconds as the double', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), (nanoseconds) => {
        const text = (Number(nanoseconds) / 1e9).toExponential()
        expect(toNanoseconds(read(text)), text).to.equal(nanoseconds)
      }),
    )
  })
})
