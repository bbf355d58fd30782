import { expect } from 'chai'
import { createSharedClock } from '../../src/store/shared-clock.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'

describe('the shared clock', () => {
  function setUp() {
    const clock = createFakeClock(5_000)
    const store = { aheadMs: 1_000_000, thereMs: 0, backMs: 0 }
    const shared = createSharedClock({
      clock,
      readTime: async () => {
        await clock.advance(store.thereMs)
        const read = clock.mono() + store.aheadMs
        await clock.advance(store.backMs)
        return read
      },
    })
    return { clock, store, shared }
  }

  it('says nothing before the store was read', () => {
    expect(setUp().shared.now()).to.equal(undefined)
  })

  it('trusts the reading with the shortest round trip', async () => {
    const { clock, store, shared } = setUp()
    await shared.sync()
    Object.assign(store, { thereMs: 5, backMs: 195 })
    await shared.sync()
    expect(shared.now()).to.equal(clock.mono() + 1_000_000)
  })

  it('follows a step of the store clock at once', async () => {
    const { clock, store, shared } = setUp()
    await shared.sync()
    store.aheadMs = 990_000
    await shared.sync()
    expect(shared.now()).to.equal(clock.mono() + 990_000)
  })

  it('keeps the last offset while the store is away', async () => {
    const clock = createFakeClock()
    let away = false
    const shared = createSharedClock({
      clock,
      readTime: async () => {
        if (away) throw new Error('away')
        return 42
      },
    })
    await shared.sync()
    away = true
    const failed = await shared.sync().then(
      () => false,
      () => true,
    )
    await clock.advance(8)
    expect({ failed, now: shared.now() }).to.deep.equal({ failed: true, now: 50 })
  })
})
