import { expect } from 'chai'
import { createHistory } from '../../src/admin/history.ts'
import { createDurations } from '../../src/admin/percentile.ts'
import type { NodeReading } from '../../src/admin/picture.ts'

const startMs = 1_700_000_000_000
const at = (seconds: number) => startMs + seconds * 1000
const scraped = (node: string, seconds: number): NodeReading => ({
  node,
  atMs: at(seconds),
  by: 'a',
  tookMs: 1,
})
const gauges = { greatestAgeMs: 1_000, completeness: 1 }

describe('the last minutes', () => {
  it('count a scrape once, when it was sent, however often the store is read', () => {
    const history = createHistory()
    history.read([], gauges, at(0))
    for (const seconds of [6, 8, 9]) history.read([scraped('n1', 4), scraped('n2', 5)], gauges, at(seconds))
    history.read([scraped('n1', 4), scraped('n2', 9)], gauges, at(10))
    expect(history.rows().map(([timeS, scrapes]) => [timeS - startMs / 1000, scrapes])).to.deep.equal([
      [0, 1 / 5],
      [5, 2 / 5],
      [10, 0],
    ])
  })

  it('leave out what was sent before anybody looked', () => {
    const history = createHistory()
    history.read([scraped('n', -20)], gauges, at(0))
    expect(history.rows().map(([, scrapes]) => scrapes)).to.deep.equal([0])
  })

  it('count failures when they ended', () => {
    const history = createHistory()
    const failing = { ...scraped('n', 0), failure: { atMs: at(7), by: 'a', reason: 'x' } }
    history.read([], gauges, at(0))
    history.read([failing], gauges, at(8))
    history.read([failing], gauges, at(9))
    expect(history.rows().map(([, , failures]) => failures)).to.deep.equal([0, 1 / 5])
  })

  it('hold latencies of requests, and nothing where there were none', () => {
    const history = createHistory()
    history.read([], gauges, at(0))
    for (let ms = 1; ms <= 100; ms++) history.answered(ms, at(1))
    history.read([], gauges, at(5))
    const [first, second] = history.rows()
    expect(first?.[3]).to.be.closeTo(50, 4)
    expect(first?.[4]).to.be.closeTo(99, 8)
    expect(first?.[5]).to.equal(20)
    expect(second?.slice(3, 6)).to.deep.equal([null, null, 0])
  })

  it('are ten minutes, and nodes that went are forgotten', () => {
    const history = createHistory()
    for (let second = 0; second < 1_000; second += 5) {
      history.read([scraped(`n${second}`, second)], gauges, at(second))
    }
    const rows = history.rows()
    expect(rows).to.have.lengthOf(120)
    expect(rows.at(-1)?.[0]).to.equal(startMs / 1000 + 995)
    expect(history.rows(at(990))).to.have.lengthOf(2)
  })
})

describe('percentiles', () => {
  it('are within 8 %, from microseconds to minutes', () => {
    for (const ms of [0.06, 0.5, 3, 77, 1_234, 60_000]) {
      const durations = createDurations()
      durations.add(ms)
      expect(durations.percentile(0.5)).to.be.within(ms * 0.99, ms * 1.09)
    }
  })

  it('bear what is shorter or longer than the scale, and tell that there is nothing', () => {
    const durations = createDurations()
    expect(durations.percentile(0.99)).to.equal(null)
    durations.add(0)
    durations.add(1e12)
    expect(durations.percentile(0.5)).to.equal(0.05)
    expect(durations.percentile(1)).to.be.above(60_000)
  })
})
