import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { createSlots, lastSentMs, phaseAt } from '../../src/ring/slots.ts'

const W = 15_000
const node = 'node-1'

function setUp(everyMs: number | ((claimed: number) => number) = 1, offsetMs = 0) {
  const clock = createFakeClock(1_000_000)
  const slots: [at: number, phaseAt: number][] = []
  const away: number[] = []
  const shared = { aheadMs: 0 }
  const now = () => clock.mono() + shared.aheadMs
  const schedule = createSlots({
    clock,
    now,
    intervalMs: W,
    ticks: (claimed) => ({
      everyMs: typeof everyMs === 'number' ? everyMs : everyMs(claimed),
      offsetMs,
    }),
    awayMs: 5_000,
    onSlot: (_node, phaseAtMs) => slots.push([now(), phaseAtMs]),
    onAway: (ms) => away.push(ms),
  })
  return { clock, now, shared, slots, away, schedule }
}

describe('the slots of a node', () => {
  it('come at its phase, once in every interval', async () => {
    const { clock, now, slots, schedule } = setUp()
    const phase = phaseAt(node, now(), W)
    schedule.claim(node, 0, now())
    await clock.advance(4 * W)
    expect(slots.map(([at]) => at)).to.deep.equal([1, 2, 3, 4].map((k) => phase + k * W))
  })

  it('come together where they fall into one tick of the shared clock, and none before its phase', async () => {
    for (const offsetMs of [0, 83]) {
      const { clock, now, shared, slots, schedule } = setUp(250, offsetMs)
      shared.aheadMs = 90
      for (let i = 0; i < 600; i++) schedule.claim(`node-${i}`, 0, now())
      await clock.advance(W + 250)
      expect(slots).to.have.length.within(600, 630)
      for (const [at, phase] of slots) {
        expect(at % 250).to.equal(offsetMs)
        expect(at - phase).to.be.within(0, 249)
      }
      expect(new Set(slots.map(([at]) => at)).size, 'different moments').to.be.at.most(62)
    }
  })

  it('come once in every interval, too, while ticks change with the number of nodes', async () => {
    const { clock, now, slots, schedule } = setUp((claimed) => (claimed > 10 ? 250 : 1_000))
    schedule.claim(node, 0, now())
    for (let interval = 0; interval < 20; interval++) {
      for (let i = 0; i < 20; i++) {
        if (interval % 2 === 0) schedule.claim(`other-${i}`, 0, now())
        else schedule.release(`other-${i}`)
      }
      await clock.advance(W)
    }
    const mine = slots.filter(([, phaseAtMs]) => phaseAtMs === phaseAt(node, phaseAtMs, W)).map(([at]) => at)
    const gaps = mine.slice(1).map((at, index) => at - (mine[index] as number))
    expect(mine).to.have.length(20)
    expect(Math.min(...gaps)).to.be.at.least(W - 1_000)
    expect(Math.max(...gaps)).to.be.at.most(W + 1_000)
  })

  it('begin at once for a node never scraped, or not for an interval', async () => {
    for (const ago of [undefined, W + 1]) {
      const { clock, now, slots, schedule } = setUp()
      schedule.claim(node, 0, ago === undefined ? undefined : now() - ago)
      await clock.advance(0)
      expect(slots).to.have.length(1)
      await clock.advance((4 * W) / 3)
      expect(slots).to.have.length(2)
    }
  })

  it('keep their distance behind the phase', async () => {
    const { clock, now, slots, schedule } = setUp()
    schedule.claim(node, 2_000, now())
    await clock.advance(3 * W)
    for (const [at, phase] of slots) expect(at - phase).to.equal(2_000)
  })

  it('of this interval still come when the distance changes', async () => {
    const { clock, now, slots, schedule } = setUp()
    const next = phaseAt(node, now(), W) + W
    schedule.claim(node, 2_000, now())
    await clock.advance(next + 1_000 - now())
    schedule.delay(node, 0)
    await clock.advance(0)
    expect(slots).to.deep.equal([[next + 1_000, next]])
    schedule.delay(node, 2_000)
    await clock.advance(W + 1_000)
    expect(slots).to.have.length(2)
  })

  it('never come twice within a third of an interval', async () => {
    for (let start = 0; start < W; start += 500) {
      const { clock, now, slots, schedule } = setUp()
      await clock.advance(start)
      schedule.claim(node, 0, undefined)
      await clock.advance(3 * W)
      const times = slots.map(([at]) => at)
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
      expect(Math.min(...gaps), `start ${start}`).to.be.at.least(W / 3)
      expect(Math.max(...gaps), `start ${start}`).to.be.at.most((4 * W) / 3)
      expect(now() - (times.at(-1) ?? 0)).to.be.at.most((4 * W) / 3)
    }
  })

  it('of a node that has just come are an interval apart at least, and reach the phase within three', async () => {
    for (let start = 0; start < W; start += 500) {
      const { clock, slots, schedule } = setUp()
      await clock.advance(start)
      schedule.welcome(node, 1_000)
      await clock.advance(0)
      schedule.delay(node, 0)
      await clock.advance(6 * W)
      const times = slots.map(([at]) => at)
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
      expect(Math.min(...gaps), `start ${start}`).to.be.at.least(W - 1)
      expect(Math.max(...gaps), `start ${start}`).to.be.at.most((4 * W) / 3 + 1)
      for (const [at, phase] of slots.slice(3)) expect(at, `start ${start}`).to.be.closeTo(phase, 1)
    }
  })

  it('are at the phase again once another may have the node', async () => {
    for (let start = 0; start < W; start += 500) {
      const { clock, now, slots, schedule } = setUp()
      await clock.advance(start)
      schedule.welcome(node, 0)
      await clock.advance(0)
      schedule.delay(node, 2_000)
      await clock.advance(1.5 * W + 2_000)
      expect(slots.length, `start ${start}`).to.be.at.least(2)
      for (const [at, phase] of slots.slice(1)) expect(at - phase).to.equal(2_000)
      expect(now() - (slots.at(-1)?.[0] ?? 0)).to.be.at.most(W)
    }
  })

  it('end when the node is released', async () => {
    const { clock, now, slots, schedule } = setUp()
    schedule.claim(node, 0, now())
    schedule.release(node)
    await clock.advance(3 * W)
    expect(slots).to.deep.equal([])
  })

  it('go on whichever way the shared clock steps', async () => {
    for (const step of [3_600_000, -3_600_000]) {
      const { clock, now, slots, shared, schedule } = setUp()
      schedule.claim(node, 0, now())
      await clock.advance(2 * W)
      shared.aheadMs = step
      slots.length = 0
      await clock.advance(4 * W)
      expect(slots.length).to.be.within(3, 5)
    }
  })
})

describe('the last scrape of a node just gained', () => {
  const times = { intervalMs: W, slackMs: 500 }
  const phase = phaseAt(node, 1_000_000, W)

  it('is the one of this interval while a slow kubelet may still be answering it', () => {
    const slow = { node, atMs: phase - W, tookMs: 6_000 }
    expect(lastSentMs(slow, phase + 8_000, times)).to.equal(phase)
    expect(lastSentMs(slow, phase + 9_500, times)).to.equal(slow.atMs)
  })

  it('is the stored one if its owner has missed an interval before', () => {
    const late = { node, atMs: phase - 2 * W, tookMs: 6_000 }
    expect(lastSentMs(late, phase + 1_000, times)).to.equal(late.atMs)
  })

  it('is the one of the phase that it came a moment before, so that the next is not left out', async () => {
    for (const earlyMs of [1, W / 4]) {
      const { clock, now, slots, schedule } = setUp()
      const phase = phaseAt(node, now(), W) + W
      await clock.advance(phase + W - 1_500 - now())
      const early = { node, atMs: phase - earlyMs, tookMs: 5 }
      schedule.claim(node, 1_000, lastSentMs(early, now(), { intervalMs: W, slackMs: 500 }))
      await clock.advance(3_000)
      expect(slots).to.deep.equal([[phase + W + 1_000, phase + W]])
    }
  })
})
