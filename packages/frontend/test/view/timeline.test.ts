import type { NodeRecord } from '@metrics-ring/common/record/record'
import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { pack, unpack } from '@metrics-ring/common/testing/record-objects'
import { expect } from 'chai'
import { createTimeline } from '../../src/view/timeline.ts'

const hourMs = 3_600_000

/** A record whose scrape was sent at `atMs`, and whose only container has a usage of `usageMs`. */
function record(atMs: number, usageMs = atMs): NodeRecord {
  const usage = { timestampMs: 1, windowMs: 1, cpuNanocores: 1, memoryBytes: 1, atMs: usageMs }
  const pods = [{ namespace: 'ns', name: 'p', containers: [{ name: 'c', usage }] }]
  const scrape = { node: 'n', uid: 'u', createdMs: 0, atMs, by: 'a', tookMs: 1 }
  return { ...scrape, body: pack({ node: { usage }, pods }), version: 1 }
}

function setUp() {
  const clock = createFakeClock(5_000)
  let aheadMs = 10 * hourMs
  const storeNow = () => clock.mono() + aheadMs
  const sharedClock = createSharedClock({ clock, readTime: async () => storeNow() })
  const timeline = createTimeline({ clock, sharedClock })
  /** How old the record's two times are on the timeline. */
  const ages = (given: NodeRecord) => {
    const now = timeline.now() ?? Number.NaN
    const { atMs, body } = timeline.place(given)
    return [now - atMs, now - (unpack(body).pods[0]?.containers[0]?.usage?.atMs ?? Number.NaN)]
  }
  return { clock, storeNow, timeline, ages, step: (ms: number) => (aheadMs += ms) }
}

describe('the timeline of a view', () => {
  it('is the clock of the store', async () => {
    const { clock, timeline, storeNow, ages } = setUp()
    expect(timeline.now()).to.equal(undefined)
    await timeline.sync()
    await clock.advance(20_000)
    expect(timeline.now()).to.equal(storeNow())
    expect(ages(record(storeNow() - 7_000, storeNow() - 9_000))).to.deep.equal([7_000, 9_000])
  })

  for (const stepMs of [hourMs, -hourMs, 40_000, -40_000]) {
    it(`leaves every age as it is when that clock steps by ${stepMs / 1000} s`, async () => {
      const { clock, timeline, storeNow, ages, step } = setUp()
      await timeline.sync()
      const old = storeNow()
      await clock.advance(6_000)
      step(stepMs)
      await timeline.sync()
      expect(ages(record(old)), 'of before').to.deep.equal([6_000, 6_000])
      await clock.advance(1_000)
      expect(ages(record(storeNow() - 500, old)), 'some of before').to.deep.equal([500, 7_000])
      step(-stepMs)
      const between = storeNow() + stepMs
      await clock.advance(2_000)
      await timeline.sync()
      expect(ages(record(between, old)), 'two steps ago').to.deep.equal([2_000, 9_000])
    })
  }

  it('takes what is yet to come by a clock that it never saw for new, not for newer than that', async () => {
    const { timeline, storeNow, ages } = setUp()
    await timeline.sync()
    expect(ages(record(storeNow() + hourMs))).to.deep.equal([0, 0])
  })
})
