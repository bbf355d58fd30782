import { expect } from 'chai'
import type { Point } from '../growth/growth.ts'
import { firstLimit } from '../growth/limits.ts'

const point = (x: number, shardCores: number, redisCores = 0.01): Point => ({
  ...{ x, ms: 1_000, scrapesPerInterval: 1, simulatorCores: 0, idle: 1 },
  processes: [
    { name: 'shard-0', kind: 'shard', cpuMs: shardCores * 1_000, rssBytes: 2 ** 28, peakRssBytes: 2 ** 28 },
    { name: 'redis', kind: 'Redis', cpuMs: redisCores * 1_000, rssBytes: 2 ** 24, peakRssBytes: 2 ** 24 },
  ],
})

describe('the first limit of growth', () => {
  it('is where the process that grows fastest has its core for itself', () => {
    expect(firstLimit([point(1_000, 0.1, 0.02), point(5_000, 0.5, 0.1)])).to.deep.equal({
      what: 'shard: one core',
      x: 10_000,
    })
  })

  it('is nowhere when nothing grows', () => {
    expect(firstLimit([point(1, 0.5), point(10, 0.1)])).to.equal(undefined)
    expect(firstLimit([point(1, 0.5)])).to.equal(undefined)
  })
})
