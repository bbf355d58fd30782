import { expect } from 'chai'
import fc from 'fast-check'
import { goDuration, goDurationNanos, windowNanos } from '../../src/render/duration.ts'
import { vectors } from '../vectors.ts'

type Golden = { nanoseconds: [number | string, string][] }

const unitNanos: Record<string, bigint> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 10n ** 9n,
  ms: 10n ** 6n,
  µs: 1000n,
  ns: 1n,
}

/** Nanoseconds that a text stands for, by plain arithmetic. */
function nanosOf(text: string): bigint {
  let sum = 0n
  for (const [, whole, fraction = '', unit] of text.matchAll(/(\d+)(?:\.(\d+))?(h|ms|m|s|µs|ns)/g)) {
    const scaled = BigInt(`${whole}${fraction}`) * (unitNanos[unit as string] as bigint)
    sum += scaled / 10n ** BigInt(fraction.length)
  }
  return sum
}

describe('durations', () => {
  for (const file of ['durations.json', 'amounts.golden.json']) {
    it(`are the texts that Go prints (${file})`, () => {
      for (const [value, text] of vectors<Golden>(file).nanoseconds) {
        expect(goDurationNanos(BigInt(value)), `${value}`).to.equal(text)
      }
    })
  }

  it('stand for all of their nanoseconds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), fc.nat({ max: 62 }), (value, shift) => {
        const nanoseconds = value >> BigInt(shift)
        expect(nanosOf(goDurationNanos(nanoseconds))).to.equal(nanoseconds)
        expect(goDurationNanos(-nanoseconds)).to.equal(
          nanoseconds === 0n ? '0s' : `-${goDurationNanos(nanoseconds)}`,
        )
      }),
    )
  })

  it('are the same from milliseconds, also with fractions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000_000_000 }), (nanoseconds) => {
        expect(windowNanos(nanoseconds / 1e6)).to.equal(nanoseconds)
        expect(goDuration(nanoseconds / 1e6)).to.equal(goDurationNanos(nanoseconds))
      }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (milliseconds) => {
        expect(goDuration(milliseconds)).to.equal(goDurationNanos(BigInt(milliseconds) * 1_000_000n))
      }),
    )
  })
})
