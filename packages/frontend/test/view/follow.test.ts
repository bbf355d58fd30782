import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import type { Change, SampleStore } from '@metrics-ring/common/store/store'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { pack } from '@metrics-ring/common/testing/record-objects'
import { expect } from 'chai'
import { createFollower } from '../../src/view/follow.ts'

const body = { node: {}, pods: [] }

function setUp() {
  const clock = createFakeClock(1_000_000)
  const stores = { current: newStore() }
  const failing = { error: undefined as Error | undefined }
  const log: string[] = []
  const seen: Change[] = []
  let asked = 0
  function newStore(): SampleStore {
    return createMemoryStore({ clock, intervalMs: 15_000, originMs: 0 })
  }
  const fail = () => {
    if (failing.error) throw failing.error
  }
  const follower = createFollower({
    store: {
      async changes(cursor, limit) {
        asked++
        fail()
        return stores.current.changes(cursor, limit)
      },
    },
    sharedClock: createSharedClock({
      clock,
      async readTime() {
        asked++
        fail()
        return stores.current.time()
      },
    }),
    clock,
    apply: (change) => void seen.push(change),
    events: {
      loaded: (records) => void log.push(`loaded ${records}`),
      storeFailed: () => void log.push('failed'),
      storeAnswered: () => void log.push('answered'),
      storeRestarted: () => void log.push('restarted'),
    },
  })
  const commit = (node: string) =>
    stores.current.commit(
      { node, uid: `uid-${node}`, createdMs: 0, atMs: clock.mono(), by: 'shard', tookMs: 1 },
      pack(body),
      0,
    )
  const nodesSeen = () => seen.map((each) => (each.kind === 'record' ? each.record.node : `-${each.node}`))
  return { clock, stores, newStore, failing, log, follower, commit, nodesSeen, asked: () => asked }
}

describe('following the store', () => {
  it('reads everything in pages, and is loaded after the last', async () => {
    const { clock, follower, commit, nodesSeen, log } = setUp()
    for (let n = 0; n < 600; n++) await commit(`n${n}`)
    const stop = follower.start()
    expect(follower.loaded()).to.equal(false)
    await clock.advance(0)
    await until(() => follower.loaded(), clock)
    expect(nodesSeen()).to.have.length(600)
    expect(log[0]).to.equal('loaded 600')
    stop()
  })

  it('then takes up each change within a quarter of a second, and only the changes', async () => {
    const { clock, follower, commit, nodesSeen, stores } = setUp()
    await commit('n1')
    const stop = follower.start()
    await until(() => follower.loaded(), clock)
    await commit('n2')
    await clock.advance(250)
    expect(nodesSeen()).to.deep.equal(['n1', 'n2'])
    await stores.current.delete('n1', 'uid-n1', 0)
    await clock.advance(250)
    expect(nodesSeen()).to.deep.equal(['n1', 'n2', '-n1'])
    stop()
  })

  it('is loaded by an empty store too', async () => {
    const { clock, follower } = setUp()
    const stop = follower.start()
    await until(() => follower.loaded(), clock)
    expect(follower.lagMs()).to.equal(0)
    stop()
  })

  it('asks a store that is away less and less often, and keeps what it has', async () => {
    const { clock, follower, commit, failing, asked, nodesSeen } = setUp()
    await commit('n1')
    const stop = follower.start()
    await until(() => follower.loaded(), clock)
    failing.error = new Error('gone')
    const before = asked()
    await clock.advance(60_000)
    expect(asked() - before).to.be.within(10, 20)
    expect(follower.loaded()).to.equal(true)
    expect(follower.failure()).to.equal(failing.error)
    expect(follower.lagMs()).to.be.at.least(60_000)
    failing.error = undefined
    await commit('n2')
    await clock.advance(5_500)
    expect(nodesSeen()).to.deep.equal(['n1', 'n2'])
    expect(follower.failure()).to.equal(undefined)
    stop()
  })

  it('is not loaded while the store cannot be read, and says why', async () => {
    const { clock, follower, failing } = setUp()
    failing.error = new Error('refused')
    const stop = follower.start()
    await clock.advance(30_000)
    expect(follower.loaded()).to.equal(false)
    expect(follower.failure()).to.equal(failing.error)
    failing.error = undefined
    await clock.advance(5_500)
    expect(follower.loaded()).to.equal(true)
    stop()
  })

  it('reads from the beginning when the store was replaced', async () => {
    const { clock, follower, commit, stores, newStore, nodesSeen, log } = setUp()
    await commit('n1')
    const stop = follower.start()
    await until(() => follower.loaded(), clock)
    await clock.advance(1_000)
    stores.current = newStore()
    await commit('n3')
    await clock.advance(1_000)
    expect(nodesSeen()).to.deep.equal(['n1', 'n3'])
    expect(log).to.include('restarted')
    stop()
  })
})

async function until(holds: () => boolean, clock: { advance(ms: number): Promise<void> }): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await clock.advance(0)
  expect(holds()).to.equal(true)
}
