import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { createExpiringCache } from '../../src/trust/lru.ts'

describe('a cache of verdicts', () => {
  it('drops what has not been used for longest when it is full', () => {
    const cache = createExpiringCache<number>(2, createFakeClock())
    cache.set('a', 1, 1_000)
    cache.set('b', 2, 1_000)
    cache.get('a')
    cache.set('c', 3, 1_000)
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).to.deep.equal([1, undefined, 3])
  })

  it('holds each for its own time, counted from when it was set, and nothing for no time', async () => {
    const clock = createFakeClock()
    const cache = createExpiringCache<number>(9, clock)
    cache.set('a', 1, 1_000)
    cache.set('b', 2, 2_000)
    cache.set('c', 3, 0)
    await clock.advance(999)
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).to.deep.equal([1, 2, undefined])
    await clock.advance(1)
    expect(['a', 'b'].map((key) => cache.get(key))).to.deep.equal([undefined, 2])
    cache.delete('b')
    expect(cache.get('b')).to.equal(undefined)
  })
})
