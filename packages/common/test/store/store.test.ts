import { expect } from 'chai'
import { createMemoryStore } from '../../src/store/store-memory.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { intervalMs, packed, readAll, scrape } from './store-builders.ts'
import { storeContract } from './store-contract.ts'
import { failuresContract } from './store-failures-contract.ts'
import { overdueContract } from './store-overdue-contract.ts'
import { openMemory, openRedis } from './stores-under-test.ts'

describe('the store in memory', () => {
  storeContract(openMemory)
  describe('overdue nodes', () => overdueContract(openMemory))
  describe('failures', () => failuresContract(openMemory))

  it('forgets records, tombstones and attempts after ten minutes', async () => {
    const clock = createFakeClock(1_000_000)
    const store = createMemoryStore({ clock, intervalMs, originMs: 0 })
    await store.commit(scrape(clock.mono()), packed(clock.mono()), 0)
    await store.delete('gone', 'u', 1)
    await clock.advance(599_000)
    expect((await readAll(store)).changes).to.have.lengthOf(2)
    await store.commit(scrape(clock.mono()), undefined, 1)
    await clock.advance(2_000)
    expect((await readAll(store)).changes).to.have.lengthOf(1)
    await clock.advance(600_000)
    expect((await readAll(store)).changes).to.have.lengthOf(0)
    expect(await store.commit(scrape(clock.mono(), { node: 'gone' }), packed(0), 0)).to.include({
      version: 3,
    })
  })
})

describe('the store in Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedisServer()
  })
  after(() => server.stop())
  storeContract(() => openRedis(server.url))
  describe('overdue nodes', () => overdueContract(() => openRedis(server.url)))
  describe('failures', () => failuresContract(() => openRedis(server.url)))
})
