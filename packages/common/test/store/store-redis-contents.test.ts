import { expect } from 'chai'
import { Redis } from 'ioredis'
import { silentLog } from '../../src/log.ts'
import { maxTextBytes } from '../../src/record/record-json.ts'
import type { SampleStore } from '../../src/store/store.ts'
import { createRedisStore } from '../../src/store/store-redis.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { commitAsShard, intervalMs, readAll, scrape } from './store-builders.ts'

describe('contents that somebody else put into Redis', () => {
  let server: RedisServer
  let redis: Redis
  let store: SampleStore
  let bad: string[]
  let now: number
  const key = (name: string) => `mr:{r}:${name}`

  before(async () => {
    server = await startRedisServer()
    redis = new Redis(server.url)
  })
  beforeEach(async () => {
    await redis.flushall()
    bad = []
    const onBadRecord = (node: string, reason: string) => void bad.push(`${node}: ${reason}`)
    store = createRedisStore({ url: server.url, ringName: 'r', intervalMs, onBadRecord, log: silentLog })
    now = await store.time()
    for (const node of ['good', 'spoilt', 'fine']) await commitAsShard(store, scrape(now - 30_000, { node }))
  })
  afterEach(() => store.close())
  after(async () => {
    await redis.quit()
    await server.stop()
  })

  /** The nodes that a follower and a shard can read. */
  async function readable() {
    const { changes } = await readAll(store)
    const followed = changes.map((each) => (each.kind === 'record' ? each.record.node : each.node))
    return { followed, hydrated: [...(await store.hydrate(['good', 'spoilt', 'fine'])).keys()] }
  }
  const others = { followed: ['good', 'fine'], hydrated: ['good', 'fine'] }
  const set = (field: string, value: string) => redis.hset(key('node:spoilt'), field, value)

  const faults: [what: string, spoil: () => Promise<unknown>, reason: RegExp][] = [
    ['a truncated usage', () => set('usage', '{"v":1,"at":17'), /usage is not JSON/],
    ['another format version', () => set('usage', '{"v":2}'), /another format version/],
    ['a time that is none', () => set('at', '-5'), /at is not a whole number/],
    ['a time that is beyond exact numbers', () => set('at', '9'.repeat(20)), /at is not a whole number/],
    ['a version that is none', () => set('ver', 'x'), /ver is not a whole number/],
    ['a field that is missing', () => redis.hdel(key('node:spoilt'), 'by'), /by is missing/],
    ['a usage that is too long', () => set('usage', '0'.repeat(maxTextBytes + 1)), /usage is too long/],
    [
      'bytes that are no text',
      () => redis.hset(key('node:spoilt'), 'usage', Buffer.from([0xff, 0, 0xfe])),
      /not JSON/,
    ],
    [
      'a key of another type',
      async () => {
        await redis.del(key('node:spoilt'))
        await redis.set(key('node:spoilt'), 'mine')
      },
      /^spoilt: WRONGTYPE/,
    ],
  ]
  for (const [what, spoil, reason] of faults) {
    it(`costs that node only and is healed by its next commit: ${what}`, async () => {
      await spoil()
      expect(await readable()).to.deep.equal(others)
      expect(bad).to.have.lengthOf(2)
      for (const each of bad) expect(each).to.match(reason)
      const given = scrape(now - 15_000, { node: 'spoilt', by: 'b' })
      expect(await commitAsShard(store, given)).to.include({ result: 'accepted' })
      const healed = { followed: ['good', 'fine', 'spoilt'], hydrated: ['good', 'spoilt', 'fine'] }
      expect(await readable()).to.deep.equal(healed)
    })
  }

  it('spoils only bases where only points are bad', async () => {
    await set('points', '{"v":1,"at":1,"node":0,"pods":[]}')
    expect(await readable()).to.deep.equal({
      followed: ['good', 'spoilt', 'fine'],
      hydrated: ['good', 'fine'],
    })
    expect(bad).to.deep.equal(['spoilt: points and usage are not of one scrape'])
  })

  it('is passed over where the feed names what is not there', async () => {
    await redis.zadd(key('feed'), 2, 'ghost', '1e300', 'beyond', '-inf', 'before')
    expect((await readable()).followed).to.deep.equal(['good', 'spoilt', 'fine'])
    expect((await readAll(store)).cursor.version).to.equal(3)
    expect(bad).to.deep.equal([])
  })

  it('does not make a page longer than 32 MiB or so', async () => {
    const long = '0'.repeat(maxTextBytes - 1)
    for (const node of ['good', 'spoilt', 'fine', 'd', 'e', 'f']) {
      await commitAsShard(store, scrape(now - 15_000, { node }))
      await redis.hset(key(`node:${node}`), 'usage', long)
    }
    const { pages, changes } = await readAll(store)
    expect(pages.map(({ more }) => more)).to.deep.equal([true, false])
    expect(changes).to.deep.equal([])
    expect((await store.hydrate(['good', 'spoilt', 'fine', 'd', 'e', 'f', 'g'])).size).to.equal(0)
    expect(bad).to.have.lengthOf(12)
  })

  it('says so where an index is of another type', async () => {
    await redis.set(key('feed'), 'mine')
    const failure = await store.changes(undefined, 1).catch((error) => error)
    expect(failure).to.include({ code: 'store_error' })
    expect(failure.message).to.match(/^Redis at 127.0.0.1:\d+: WRONGTYPE/)
  })
})
