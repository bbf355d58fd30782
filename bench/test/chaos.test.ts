import { expect } from 'chai'
import { countScrapes, extremes } from '../chaos/count.ts'
import { createWatcher } from '../chaos/watcher.ts'

const W = 15_000
const window = { fromMs: 10 * W, toMs: 20 * W, intervalMs: W }
/** One node, scraped in the middle of each interval but for what is said. */
const node = (change: (intervals: number[]) => number[]) => ({
  sinceMs: 0,
  atMs: change(Array.from({ length: 12 }, (_, i) => 8.5 + i)).map((at) => at * W),
})

describe('what chaos counts at a kubelet', () => {
  it('is nothing where every interval has its scrape', () => {
    const counted = countScrapes([node((all) => all)], window)
    expect(counted).to.deep.equal({ missed: 0, mostMissed: 0, extraPercent: 0, longestGapMs: W })
  })

  it('is a missed slot for each interval that a gap swallows, also a gap that has not ended', () => {
    const holes = node((all) => all.filter((at) => at !== 12.5 && at !== 15.5 && at !== 16.5))
    expect(countScrapes([holes], window)).to.include({ missed: 3, mostMissed: 3, longestGapMs: 3 * W })
    const dead = node((all) => all.filter((at) => at < 17))
    expect(countScrapes([dead, node((all) => all)], window)).to.include({ missed: 3, longestGapMs: 3.5 * W })
  })

  it('is an extra scrape soon after another, which does not move the rhythm', () => {
    const twice = node((all) => [...all, 12.6, 14.9].sort((a, b) => a - b))
    expect(countScrapes([twice], window)).to.include({ missed: 0, extraPercent: 20 })
  })

  it('is one in every interval of a node, wherever those begin and however its scrapes tremble', () => {
    for (const shift of [-0.5, -0.49, 0, 0.31, 0.499]) {
      const trembling = node((all) => all.map((at, i) => at + shift + 0.003 * (-1) ** i))
      expect(extremes([trembling], window), String(shift)).to.deep.equal({ least: 1, most: 1 })
    }
  })

  it('is none or two of a node in an interval, also where the sum is right, and of a node that nobody asks', () => {
    const moved = node((all) => all.map((at) => (at === 15.5 ? 14.7 : at)))
    expect(extremes([moved, node((all) => all)], window)).to.deep.equal({ least: 0, most: 2 })
    expect(extremes([node(() => [])], window)).to.deep.equal({ least: 0, most: 0 })
    expect(extremes([node((all) => all.filter((at) => at < 18))], window).least).to.equal(0)
  })

  it('begins for a new node when it is there', () => {
    const late = { sinceMs: 14 * W, atMs: [14.9, 15.9, 16.9, 17.9, 18.9, 19.9].map((at) => at * W) }
    expect(countScrapes([late], window)).to.include({ missed: 0, extraPercent: 0 })
  })
})

describe('what a client of chaos sees', () => {
  const list = (...items: [name: string, timestamp: string][]) =>
    Buffer.from(
      JSON.stringify({
        items: items.map(([name, timestamp]) => ({ metadata: { namespace: 'a', name }, timestamp })),
      }),
    )

  it('is the pods that a list lacks although they must be there, and the oldest sample', () => {
    const startMs = Date.now()
    const recent = new Date(startMs - 1_000).toISOString()
    const old = new Date(startMs - 60_000).toISOString()
    const watcher = createWatcher()
    watcher.expect(['a/x', 'a/y'], 0)
    watcher.expect(['a/new'], Date.now() + 30_000)
    watcher.answered(list(['x', recent], ['y', old]), Date.now())
    expect(watcher.seen()).to.deep.include({ missing: [], lists: 1, oldest: 'a/y' })
    expect(watcher.seen().oldestMs).to.be.within(60_000, 60_000 + Date.now() - startMs)
    watcher.answered(list(['x', recent], ['new', recent]), Date.now())
    expect(watcher.seen().missing).to.deep.equal(['a/y'])
    expect(watcher.seen().firstSeen.map(([key]) => key)).to.deep.equal(['a/x', 'a/y', 'a/new'])
    watcher.forget(['a/y'])
    expect(watcher.seen().missing).to.deep.equal([])
  })

  it('is every error, said once', () => {
    const watcher = createWatcher()
    for (let i = 0; i < 3; i++) watcher.failed('status 503')
    expect(watcher.seen()).to.deep.include({ errors: 3, lists: 3, faults: ['status 503'] })
  })
})
