import { expect } from 'chai'
import type { Fault, FaultKind } from './faults.ts'
import { simulate } from './simulate.ts'

const at = (kind: FaultKind, atMs: number, more: Partial<Fault> = {}): Fault => ({
  kind,
  atMs,
  forMs: 0,
  which: 0,
  how: 1,
  ...more,
})
const run = (faults: Fault[], seed = 1) =>
  simulate({ seed, faults, shards: 3, nodes: 60, drift: 0, offsets: true, quick: true })

/** Each of these fails when its rule is switched off in the shipping code (mutations.ts). */
describe('by the rules of the ring', () => {
  it('an outage of the API server evicts nobody, however long it is', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { trace, figures } = await run(
        [at('API server away', 120_000 + 900 * seed, { forMs: 90_000 })],
        seed,
      )
      expect(trace.filter((line) => line.includes('expired'))).to.deep.equal([])
      expect(figures).to.include({ missedSlots: 0 })
    }
  })

  it('a shard that leaves leaves no gap', async () => {
    for (const seed of [1, 2, 3]) {
      const { figures } = await run([at('SIGTERM of a shard', 120_000)], seed)
      expect(figures).to.include({ missedSlots: 0 })
      expect(figures.greatestGapMs).to.be.at.most(18_000)
    }
  })

  it('shards whose clocks differ by an hour hand nodes over on phase', async () => {
    const { figures, violations } = await run([at('a new shard', 120_000)])
    expect(violations).to.deep.equal([])
    expect(figures.greatestGapMs).to.be.at.most(18_000)
    expect(figures.scrapes / figures.expected).to.be.within(0.995, 1.005)
  })

  it('a crash while the API server is away is covered within 28 s', async () => {
    const outage = at('API server away', 120_000, { forMs: 90_000 })
    const { figures } = await run([outage, at('SIGKILL of a shard', 130_000)])
    expect(figures.greatestGapMs).to.be.at.most(28_000)
  })
})
