import { expect } from 'chai'
import { report, shrink, simulate } from './simulate.ts'

const seeds = 200
const perTest = 10

describe('a ring in virtual time, under seeded faults', () => {
  for (let from = 0; from < seeds; from += perTest) {
    it(`keeps every invariant with seeds ${from} to ${from + perTest - 1}`, async () => {
      for (let seed = from; seed < from + perTest; seed++) {
        const run = await simulate({ seed })
        if (run.violations.length > 0) expect.fail(report(await shrink(run)))
      }
    }).timeout(60_000)
  }
})

describe('a run of the simulation', () => {
  it('is the same for the same seed', async () => {
    const [a, b] = [await simulate({ seed: 7 }), await simulate({ seed: 7 })]
    expect(a.trace).to.deep.equal(b.trace)
    expect(a.trace.length).to.be.greaterThan(500)
  })

  it('is the same whatever constant offsets the clocks of shards, kubelets and servers have', async () => {
    for (const seed of [3, 11, 24]) {
      const traces = await Promise.all(
        [false, true].map(async (offsets) => (await simulate({ seed, offsets, drift: 0 })).trace),
      )
      expect(traces[1], `seed ${seed}`).to.deep.equal(traces[0])
    }
  }).timeout(30_000)
})
