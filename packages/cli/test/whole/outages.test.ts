import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '@metrics-ring/common/testing/redis-sentinels'
import { type Outages, startOutages } from './outages.ts'

describe('a Redis that is gone for a moment, as a client of the Metrics API sees it', function () {
  this.timeout(120_000)
  let outages: Outages
  before(async () => {
    outages = await startOutages()
  })
  after(() => outages?.stop())

  it('loses nothing when it is killed and back, empty, after a second', () =>
    outages.losesNothing(
      () => outages.redis().kill(),
      1_000,
      () => outages.redis().restart(),
    ))

  it('loses nothing when it is flushed', () => outages.losesNothing(() => ask(outages.redis(), 'FLUSHALL')))

  it('loses nothing when it fails over and the last second is lost', async () => {
    const next = await outages.replica()
    await outages.losesNothing(async () => {
      await ask(next, 'REPLICAOF', 'NO', 'ONE')
      await sleep(1_000)
      await outages.failOver(next)
    })
  })
})
