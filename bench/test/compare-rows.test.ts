import { expect } from 'chai'
import { answeredIn, type Piece } from '../compare/answers.ts'
import type { Results } from '../compare/compare-results.ts'
import { compareRows } from '../compare/compare-rows.ts'
import { loadResult } from '../results.ts'

describe('the rows of a comparison', () => {
  const { details } = loadResult<Results>('compare')
  const rows = compareRows(details)
  const without = (name: string): Results => {
    const systems = details.large.systems.filter((each) => each.name !== name)
    return { ...details, large: { ...details.large, systems } }
  }

  it('say of a system that failed that it was not measured, and leave none of them out', () => {
    for (const name of ['standalone', '1 shard', '3 shards', '5 shards', 'metrics-server']) {
      const left = compareRows(without(name))
      expect(left.map((row) => row.name)).to.have.lengthOf(rows.length)
      const unmeasured = left.filter(({ value, peer }) => [value, peer].includes('not measured'))
      expect(unmeasured, name).to.have.length.greaterThanOrEqual(4)
      const passed = unmeasured.filter(
        ({ value, target, pass }) => pass && (value === 'not measured' || target?.endsWith('x')),
      )
      expect(passed, name).to.deep.equal([])
    }
  })
})

describe('the answers of several rounds', () => {
  const piece = (tookMs: number[], idle: number, ms: number, heldMs: number): Piece => ({
    asked: { tookMs, bytes: tookMs.length, contentType: 'application/json', items: 3 },
    ...{ idle, ms, firstMs: 10 * heldMs },
    loop: { longestMs: heldMs, longestCpuMs: heldMs / 2, longestGcMs: 1 },
  })

  it('are one sample, with the idle CPU of all the time and the longest that the event loop was held', () => {
    const pieces = [piece([5, 9], 0.2, 1_000, 30), piece([1, 2, 3], 0.6, 3_000, 20)]
    expect(answeredIn({ name: 'some', items: 4 }, pieces)).to.deep.equal({
      ...{ shape: 'some', expected: 4, items: 3, bytes: 3, times: 5, p50Ms: 3, p99Ms: 9, idle: 0.5 },
      firstMs: [300, 200],
      loop: { longestMs: 30, longestCpuMs: 15, longestGcMs: 1 },
    })
  })
})
