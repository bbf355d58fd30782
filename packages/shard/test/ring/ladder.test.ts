import { expect } from 'chai'
import { cover, coverAfterMs, type OverdueNode, rungOf } from '../../src/ring/ladder.ts'
import { times } from '../../src/ring/times.ts'

const W = times(15_000)
const node = (more: Partial<OverdueNode>): OverdueNode => ({
  ageMs: 0,
  triedMs: undefined,
  tookMs: 50,
  rung: 1,
  probedMs: undefined,
  ...more,
})

describe('the freshness ladder', () => {
  it('puts the members on rungs in the order of preference, the owner left out', () => {
    const preference = ['owner', 'a', 'b']
    expect(rungOf(preference, 'owner', 'a')).to.equal(1)
    expect(rungOf(preference, 'owner', 'b')).to.equal(2)
    expect(rungOf(['a', 'owner', 'b'], 'owner', 'b')).to.equal(2)
    expect(rungOf(preference, 'owner', 'stranger')).to.equal(undefined)
  })

  it('has an owner that does not hold its node act first', () => {
    expect(rungOf(['a', 'b', 'owner'], 'owner', 'owner')).to.equal(1)
  })

  it('lets each rung wait for the one before it, and all for a slow kubelet', () => {
    expect([1, 2, 3].map((rung) => coverAfterMs(rung, 50, W))).to.deep.equal([20_000, 25_000, 30_000])
    expect(coverAfterMs(1, 8_000, W)).to.equal(27_000)
    expect(cover(node({ ageMs: 19_999 }), W)).to.equal('wait')
    expect(cover(node({ ageMs: 20_000 }), W)).to.equal('adopt')
    expect(cover(node({ ageMs: 24_999, rung: 2 }), W)).to.equal('wait')
  })

  it('leaves to rung 1 what others try in vain, and that only once in four intervals', () => {
    const failing = { ageMs: 60_000, triedMs: 5_000 }
    expect(cover(node(failing), W)).to.equal('probe')
    expect(cover(node({ ...failing, rung: 2 }), W)).to.equal('wait')
    expect(cover(node({ ...failing, probedMs: 59_000 }), W)).to.equal('wait')
    expect(cover(node({ ...failing, probedMs: 60_000 }), W)).to.equal('probe')
    expect(cover(node({ ageMs: 60_000, triedMs: 21_000, rung: 2 }), W)).to.equal('adopt')
  })
})
