import { expect } from 'chai'
import { paceOf } from '../../src/demo/pace.ts'

const W = 3_000
const every = (fromMs: number, count: number) => Array.from({ length: count }, (_, n) => fromMs + n * W)

describe('the pace of scrapes', () => {
  it('is one in each interval for kubelets that are asked in a rhythm of their own', () => {
    const pace = paceOf([every(0, 8), every(1_400, 8)], 23_000, W)
    expect(pace).to.deep.equal({ least: 1, most: 1, intervals: 8, longestGapMs: 3_000 })
  })

  it('bears a rhythm that is not exact', () => {
    const late = every(0, 8).map((atMs, n) => atMs + (n % 2) * 900)
    expect(paceOf([late], 22_000, W)).to.include({ least: 1, most: 1 })
  })

  it('counts what is left out and what is done twice', () => {
    const missed = every(0, 8).filter((_, n) => n !== 3)
    expect(paceOf([missed], 21_500, W)).to.include({ least: 0, most: 1, longestGapMs: 6_000 })
    const twice = [...every(0, 8), 9_500].sort((a, b) => a - b)
    expect(paceOf([every(0, 8), twice], 21_500, W)).to.include({ least: 1, most: 2 })
  })

  it('covers the last ten intervals', () => {
    const scrapes = [0, 100, 200, ...every(W, 20)]
    expect(paceOf([scrapes], 21 * W, W)).to.include({ least: 1, most: 1, intervals: 10 })
  })

  it('counts the time since the last scrape as a gap', () => {
    expect(paceOf([every(0, 3)], 16_000, W).longestGapMs).to.equal(10_000)
  })

  it('is nothing before the first scrape', () => {
    expect(paceOf([[], []], 5_000, W)).to.deep.equal({ least: 0, most: 0, intervals: 0, longestGapMs: 0 })
  })
})
