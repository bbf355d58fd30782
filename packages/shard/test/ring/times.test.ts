import { expect } from 'chai'
import { ticks, times, timesAlone, turnOf } from '../../src/ring/times.ts'

const W = 15_000

describe('the ticks of an owner', () => {
  it('are further apart where few nodes fall due at once and nobody looks after them but we', () => {
    const ofRing = [0, 1_000, 2_500, 2_600, 5_000, 20_000].map((owned) => ticks(owned, 0, times(W)).everyMs)
    expect(ofRing).to.deep.equal([250, 250, 250, 250, 250, 250])
    const alone = [100, 1_250, 2_000, 5_000].map((owned) => ticks(owned, 0, timesAlone(W)).everyMs)
    expect(alone).to.deep.equal([1_000, 1_000, 500, 250])
  })

  it('are over well before anybody looks whether it has scraped a node', () => {
    for (const interval of [3_000, W, 60_000]) {
      const { mostTickMs, gainedMs, slackMs } = times(interval)
      expect(mostTickMs).to.be.at.most(gainedMs - slackMs)
    }
  })

  it('fill an interval, so that a node is scraped at the same moment of each', () => {
    for (const interval of [3_000, 7_777, 10_000, W, 20_000, 60_000, 300_000])
      for (const claimed of [10, 2_000, 5_000]) {
        const count = interval / ticks(claimed, 0, timesAlone(interval)).everyMs
        expect(count, `${claimed} nodes, ${interval} ms`).to.be.closeTo(Math.round(count), 1e-9)
      }
  })

  it('are spread evenly over the shards of a ring', () => {
    const members = ['a', 'b', 'c', 'd', 'e']
    const offsets = members.map((self) => ticks(1_000, turnOf(self, members), times(W)).offsetMs)
    expect(offsets).to.deep.equal([0, 50, 100, 150, 200])
    expect(turnOf('a stranger', members)).to.equal(0)
    expect(turnOf('alone', [])).to.equal(0)
  })

  it('never change by more than a usage may be late', () => {
    for (const interval of [3_000, W, 20_000, 60_000, 300_000]) {
      const { leastTickMs, mostTickMs } = timesAlone(interval)
      expect(mostTickMs - leastTickMs).to.be.at.most(750)
    }
  })
})
