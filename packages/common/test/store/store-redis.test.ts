import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { silentLog } from '../../src/log.ts'
import type { SampleStore } from '../../src/store/store.ts'
import { createRedisStore } from '../../src/store/store-redis.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { commitAsShard, packed, readAll, scrape } from './store-builders.ts'
import { openRedis } from './stores-under-test.ts'

describe('what is in Redis', () => {
  let server: RedisServer
  let opened: Awaited<ReturnType<typeof openRedis>>
  let now: number
  let churned: SampleStore | undefined
  const keysOf = (ringName = opened.ringName) => opened.redis.keys(`mr:{${ringName}}:*`)
  const key = (name: string) => `mr:{${opened.ringName}}:${name}`

  before(async () => {
    server = await startRedisServer()
  })
  beforeEach(async () => {
    opened = await openRedis(server.url)
    now = await opened.store.time()
  })
  afterEach(async () => {
    await opened.close()
    await churned?.close()
  })
  after(() => server.stop())

  it('can be read by eye', async () => {
    await opened.store.commit(scrape(now), packed(now), 0)
    const { usage, points, ...rest } = await opened.redis.hgetall(key('node:n'))
    const created = String(scrape(0).createdMs)
    expect(rest).to.deep.equal({ at: String(now), by: 'a', took: '12', uid: 'u', created, ver: '1' })
    expect(JSON.parse(usage!).v).to.equal(1)
    expect(JSON.parse(points!).v).to.equal(1)
  })

  it('goes away by itself within ten minutes, every key of it', async () => {
    const expectLimits = async () => {
      for (const each of await keysOf()) expect(await opened.redis.pttl(each), each).to.be.within(1, 600_000)
    }
    await opened.store.changes(undefined, 1)
    await expectLimits()
    await opened.store.tried('m')
    await opened.store.commit(scrape(now - 15_000), packed(now), 0)
    await opened.store.commit(scrape(now), undefined, 1)
    await opened.store.delete('m', 'u', 1)
    await expectLimits()
    expect(await keysOf()).to.have.members(['epoch', 'feed', 'fresh', 'tried', 'node:n', 'node:m'].map(key))
  })

  it('keeps numbers exact up to 2^53', async () => {
    const most = Number.MAX_SAFE_INTEGER
    await opened.store.changes(undefined, 1)
    await opened.redis.hset(key('epoch'), 'ver', String(most - 2))
    const given = scrape(now, { createdMs: most })
    expect(await opened.store.commit(given, packed(now), 0)).to.deep.equal({
      result: 'accepted',
      version: most - 1,
    })
    const { changes, cursor } = await readAll(opened.store)
    expect(cursor.version).to.equal(most - 1)
    expect(changes[0]).to.have.nested.property('record.version', most - 1)
    expect(changes[0]).to.have.nested.property('record.createdMs', most)
    const duplicate = await opened.store.commit(given, packed(now), most - 1)
    expect(duplicate).to.deep.equal({ result: 'duplicate', by: 'a', atMs: now })
    await opened.store.delete('n', 'u', most)
    expect(await opened.redis.hget(key('node:n'), 'ver')).to.equal(String(most))
    expect((await readAll(opened.store, cursor)).cursor.version).to.equal(most)
  })

  it('is written by scripts that Redis may have forgotten', async () => {
    await opened.store.commit(scrape(now - 15_000), packed(now), 0)
    await opened.redis.script('FLUSH')
    expect(await opened.store.commit(scrape(now), packed(now), 1)).to.include({ result: 'accepted' })
  })

  it('is apart from another ring and from another database', async () => {
    const inDatabase = await openRedis(`${server.url}/3`)
    await opened.store.commit(scrape(now), packed(now), 0)
    await inDatabase.store.commit(scrape(now, { node: 'm' }), packed(now), 0)
    const other = await openRedis(server.url)
    expect((await readAll(other.store)).changes).to.deep.equal([])
    expect(await inDatabase.redis.exists(`mr:{${inDatabase.ringName}}:node:m`)).to.equal(1)
    expect(await opened.redis.exists(`mr:{${inDatabase.ringName}}:node:m`)).to.equal(0)
    await Promise.all([other.close(), inDatabase.close()])
  })

  it('returns to where it was when ten thousand nodes have come and gone', async function () {
    this.timeout(90_000)
    const ringName = `${opened.ringName}-churn`
    const options = { url: server.url, ringName, intervalMs: 100, retentionMs: 1_000 }
    const store = createRedisStore({ ...options, onBadRecord: () => {}, log: silentLog })
    churned = store
    const live = Array.from({ length: 20 }, (_, i) => `live-${i}`)
    /** How many of them were accepted. */
    const commitAll = async (nodes: string[]) => {
      const sent = (await store.time()) + 900
      const answers = await Promise.all(nodes.map((node) => commitAsShard(store, scrape(sent, { node }))))
      return answers.filter(({ result }) => result === 'accepted').length
    }
    const members = () =>
      Promise.all(['feed', 'fresh', 'tried'].map((each) => opened.redis.zcard(`mr:{${ringName}}:${each}`)))
    const until = async (holds: () => Promise<boolean>, meanwhile: () => Promise<unknown>) => {
      for (const untilMs = Date.now() + 60_000; !(await holds()) && Date.now() < untilMs; ) {
        await meanwhile()
        await sleep(50)
      }
    }
    for (let come = 0, batch = 0; come < 10_000; batch++) {
      come += await commitAll(Array.from({ length: 500 }, (_, i) => `gone-${batch}-${i}`))
    }
    await until(
      async () => (await members()).every((each) => each === 20),
      () => commitAll(live),
    )
    expect(await members()).to.deep.equal([20, 20, 20])
    await until(
      async () => (await keysOf(ringName)).length === 24,
      () => commitAll(live),
    )
    expect(await keysOf(ringName)).to.have.lengthOf(24)
    await until(
      async () => (await keysOf(ringName)).length === 0,
      async () => {},
    )
    expect(await keysOf(ringName)).to.deep.equal([])
  })
})
