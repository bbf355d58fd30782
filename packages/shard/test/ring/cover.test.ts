import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { startCover } from '../../src/ring/cover.ts'
import { coverAfterMs } from '../../src/ring/ladder.ts'
import { times as timesOf } from '../../src/ring/times.ts'

const times = timesOf(15_000)

describe('the cover of nodes that nobody scrapes', () => {
  it('waits as long for a node that comes back under its name as for any new one', async () => {
    const clock = createFakeClock(1_000_000)
    const names = new Set(['n1'])
    const adoptedMs: number[] = []
    const stop = startCover({
      clock,
      times,
      now: clock.mono,
      store: createMemoryStore({ clock, intervalMs: times.intervalMs, originMs: 0 }),
      self: 'b',
      names: () => names,
      candidates: (node) => (names.has(node) ? { preference: ['a', 'b'], owner: 'a' } : undefined),
      adopt: async () => void adoptedMs.push(clock.mono()),
      mostAtOnce: () => 8,
      onUnowned: () => {},
      onError: (error) => {
        throw error
      },
    })
    const waitMs = coverAfterMs(1, 0, times)
    await clock.advance(waitMs + times.ladderMs)
    expect(adoptedMs[0]).to.be.at.least(1_000_000 + waitMs)

    names.delete('n1')
    await clock.advance(2 * times.ladderMs)
    adoptedMs.length = 0
    const backMs = clock.mono()
    names.add('n1')
    await clock.advance(waitMs + 2 * times.ladderMs)
    stop()
    expect(adoptedMs[0]).to.be.at.least(backMs + waitMs)
  })
})
