import { expect } from 'chai'
import { gatherCommits } from '../../src/store/gather.ts'
import { createMemoryStore } from '../../src/store/store-memory.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { intervalMs, packed, scrape } from './store-builders.ts'

describe('commits that are gathered', () => {
  function setUp() {
    const clock = createFakeClock(1_700_000_000_000)
    const memory = createMemoryStore({ clock, intervalMs, originMs: 0 })
    const sent: { node: string; atMs: number }[] = []
    const commit: typeof memory.commit = (given, ...more) => {
      sent.push({ node: given.node, atMs: clock.mono() - 1_700_000_000_000 })
      return memory.commit(given, ...more)
    }
    const store = gatherCommits({ ...memory, commit }, clock)
    const commitOf = (node: string) => store.commit(scrape(clock.mono(), { node }), packed(clock.mono()), 0)
    return { clock, sent, commitOf, store }
  }

  it('leave together, none later than 20 ms', async () => {
    const { clock, sent, commitOf } = setUp()
    const first = commitOf('a')
    await clock.advance(15)
    const second = commitOf('b')
    await clock.advance(4)
    expect(sent).to.deep.equal([])
    await clock.advance(1)
    const third = commitOf('c')
    await clock.advance(20)
    expect(sent).to.deep.equal([
      { node: 'a', atMs: 20 },
      { node: 'b', atMs: 20 },
      { node: 'c', atMs: 40 },
    ])
    for (const each of [first, second, third]) expect((await each).result).to.equal('accepted')
  })

  it('fail each for itself', async () => {
    const { clock, commitOf, store } = setUp()
    const bad = store.commit(scrape(clock.mono() - 1e9), packed(clock.mono()), 0)
    const good = commitOf('a')
    await clock.advance(20)
    expect((await bad).result).to.equal('refused')
    expect((await good).result).to.equal('accepted')
  })
})
