import { expect } from 'chai'
import fc from 'fast-check'
import { cpuQuantity, memoryQuantity, parseQuantity } from '../../src/render/quantity.ts'
import { vectors } from '../vectors.ts'

type Golden = { cpuNanocores: [number | string, string][]; memoryBytes: [number | string, string][] }

const suffixes: Record<string, [bigint, bigint]> = {
  n: [1n, 10n ** 9n],
  u: [1n, 10n ** 6n],
  m: [1n, 10n ** 3n],
  '': [1n, 1n],
  ...Object.fromEntries(['k', 'M', 'G', 'T', 'P', 'E'].map((s, i) => [s, [1000n ** BigInt(i + 1), 1n]])),
  ...Object.fromEntries(
    ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((s, i) => [s, [1024n ** BigInt(i + 1), 1n]]),
  ),
}
const maxInt64 = 2n ** 63n - 1n

/** What a quantity's text says, times `scale`, by plain arithmetic on integers. */
function worth(text: string, scale: bigint): { value: bigint; digits: bigint; suffix: string } {
  const [, digits, suffix] = /^(\d+)(.*)$/.exec(text) as unknown as [string, string, string]
  const [times, per] = suffixes[suffix] as [bigint, bigint]
  const scaled = BigInt(digits) * times * scale
  expect(scaled % per, text).to.equal(0n)
  return { value: scaled / per, digits: BigInt(digits), suffix }
}

/** Small and large, round in either base. */
const amounts = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.nat({ max: 63 }),
    fc.nat({ max: 19 }),
    fc.nat({ max: 50 }),
  )
  .map(([value, shift, zeros, ones]) => {
    const small = value >> BigInt(shift)
    return zeros > ones
      ? (small / 10n ** BigInt(zeros)) * 10n ** BigInt(zeros)
      : (small >> BigInt(ones)) << BigInt(ones)
  })

const kept = (value: bigint) => (value > maxInt64 ? (value / 10n) * 10n : value)

describe('quantities', () => {
  for (const file of ['quantities.json', 'amounts.golden.json']) {
    it(`are the texts that Kubernetes prints (${file})`, () => {
      const golden = vectors<Golden>(file)
      for (const [value, text] of golden.cpuNanocores)
        expect(cpuQuantity(BigInt(value)), `${value}`).to.equal(text)
      for (const [value, text] of golden.memoryBytes)
        expect(memoryQuantity(BigInt(value)), `${value}`).to.equal(text)
    })
  }

  it('of CPU say exactly their nanocores, with the greatest suffix that loses nothing', () => {
    fc.assert(
      fc.property(amounts, (value) => {
        const { value: said, digits, suffix } = worth(cpuQuantity(value), 10n ** 9n)
        expect(said).to.equal(kept(value))
        expect(digits === 0n || digits % 1000n !== 0n || suffix === 'E').to.equal(true)
      }),
    )
  })

  it('of memory say exactly their bytes, in powers of 1024 from 1024 on and of 1000 below', () => {
    fc.assert(
      fc.property(amounts, (value) => {
        const { value: said, digits, suffix } = worth(memoryQuantity(value), 1n)
        expect(said).to.equal(kept(value))
        if (value < 1024n) expect(['', 'k']).to.include(suffix)
        else expect(digits % 1024n !== 0n || suffix === 'Ei').to.equal(true)
      }),
    )
  })

  it('are the same from a number and from a bigint', () => {
    fc.assert(
      fc.property(amounts, (value) => {
        fc.pre(value <= BigInt(Number.MAX_SAFE_INTEGER))
        expect(cpuQuantity(Number(value))).to.equal(cpuQuantity(value))
        expect(memoryQuantity(Number(value))).to.equal(memoryQuantity(value))
      }),
    )
  })

  it('are read back as what they were made of', () => {
    fc.assert(
      fc.property(amounts, (value) => {
        expect(parseQuantity(cpuQuantity(value), 'cpu')).to.equal(kept(value))
        expect(parseQuantity(memoryQuantity(value), 'bytes')).to.equal(kept(value))
      }),
    )
    for (const text of ['', '1.5', '1x', 'n', '-1', '1 Ki'])
      expect(() => parseQuantity(text, 'cpu')).to.throw(RangeError)
    expect(() => parseQuantity('1n', 'bytes')).to.throw(RangeError)
  })

  it('add up at the finest scale', () => {
    const { sums } = vectors<{ sums: [string[], string][] }>('quantities.json')
    for (const [[a, b], text] of sums as [[string, string], string][]) {
      const unit = /i/.test(text + a + b) ? 'bytes' : 'cpu'
      const sum = parseQuantity(a, unit) + parseQuantity(b, unit)
      expect(unit === 'cpu' ? cpuQuantity(sum) : memoryQuantity(sum)).to.equal(text)
    }
  })
})
