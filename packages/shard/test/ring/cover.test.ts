import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { pack } from '@metrics-ring/common/testing/record-objects'
import { expect } from 'chai'
import { startCover } from '../../src/ring/cover.ts'
import { times } from '../../src/ring/times.ts'

const W = 15_000

describe('what is unowned', () => {
  it('is a node that nobody has scraped or tried for two intervals, neither a failing one nor one that went', async () => {
    const clock = createFakeClock(1_700_000_000_000)
    const store = createMemoryStore({ clock, intervalMs: W, originMs: 0 })
    const targets = new Set(['scraped', 'failing', 'forgotten', 'going'])
    const told: number[] = []
    const stop = startCover({
      clock,
      times: times(W),
      now: clock.mono,
      store,
      self: 'a',
      names: () => targets,
      candidates: () => undefined,
      adopt: async () => {},
      mostAtOnce: () => 1,
      onUnowned: (count) => told.push(count),
      onError: (error) => expect.fail(String(error)),
    })
    for (let interval = 0; interval < 4; interval++) {
      const scrape = {
        node: 'scraped',
        uid: 'u',
        createdMs: 1,
        atMs: Math.round(clock.mono()),
        by: 'b',
        tookMs: 5,
      }
      await store.commit(scrape, pack({ node: {}, pods: [] }), interval)
      await store.tried('failing', { by: 'b', reason: 'timeout: it takes too long' })
      await clock.advance(W)
      if (interval === 0) expect(told.at(-1), 'after one interval').to.equal(0)
    }
    expect(told.at(-1)).to.equal(2)
    targets.delete('going')
    await clock.advance(W / 2)
    expect(told.at(-1)).to.equal(1)
    stop()
  })
})
