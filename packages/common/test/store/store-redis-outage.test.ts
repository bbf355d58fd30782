import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { CodedError } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import type { SampleStore } from '../../src/store/store.ts'
import { createRedisStore } from '../../src/store/store-redis.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { commitAsShard, intervalMs, packed, readAll, readPage, scrape } from './store-builders.ts'

const password = 's3cret-word'

describe('a Redis that fails', () => {
  let server: RedisServer
  let admin: Redis
  let stores: SampleStore[]
  let lines: { fields: object; message: string }[]
  const write = (fields: object, message: string) => void lines.push({ fields, message })
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const said = (message: string) => lines.filter((line) => line.message === message)

  function open(url = server.url): SampleStore {
    const store = createRedisStore({ url, ringName: 'r', intervalMs, onBadRecord: () => {}, log })
    stores.push(store)
    return store
  }
  /** The code of the failure, which comes within 3 s and shows no password. */
  async function failureOf(call: Promise<unknown>): Promise<string> {
    const startedMs = performance.now()
    const error = await call.then(
      () => new Error('it did not fail'),
      (thrown) => thrown,
    )
    expect(performance.now() - startedMs).to.be.below(3_000)
    expect(error).to.be.instanceOf(CodedError)
    expect(JSON.stringify(error) + error.stack).not.to.include(password)
    expect(error.cause).to.equal(undefined)
    return error.code
  }
  async function answers(store: SampleStore): Promise<number> {
    for (const untilMs = Date.now() + 8_000; Date.now() < untilMs; await sleep(20)) {
      const now = await store.time().catch(() => undefined)
      if (now !== undefined) return now
    }
    throw new Error('Redis did not come back')
  }

  before(async () => {
    server = await startRedisServer({ password })
    admin = new Redis(server.url)
    admin.on('error', () => {})
  })
  beforeEach(() => {
    stores = []
    lines = []
  })
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()))
    expect(JSON.stringify(lines)).not.to.include(password)
  })
  after(async () => {
    await admin.quit()
    await server.stop()
  })

  it('is waited for at the start, and answers as soon as it is there', async () => {
    await server.kill()
    const store = open()
    expect(await failureOf(store.time())).to.equal('store_unavailable')
    expect(await failureOf(store.hydrate(['n']))).to.equal('store_unavailable')
    await server.restart()
    await answers(store)
    expect(lines.map(({ message }) => message)).to.deep.equal(['Redis is away', 'Redis answers'])
  })

  it('is written again once it is back, and its followers begin anew', async () => {
    const store = open()
    const now = await store.time()
    await store.commit(scrape(now - 30_000), packed(now), 0)
    const { cursor } = await readAll(store)
    const pending = Array.from({ length: 50 }, (_, i) =>
      store.commit(scrape(now, { node: `n${i}` }), packed(now), 0),
    )
    const settled = Promise.allSettled(pending)
    await server.kill()
    for (const each of await settled) {
      if (each.status === 'rejected') expect(each.reason).to.include({ code: 'store_unavailable' })
    }
    expect(await failureOf(store.commit(scrape(now), packed(now), 1))).to.equal('store_unavailable')
    expect(await failureOf(store.changes(cursor, 1))).to.equal('store_unavailable')
    await server.restart()
    await answers(store)
    expect(await readPage(store, cursor, 256)).to.include({ restarted: true })
    expect(await commitAsShard(store, scrape(now))).to.include({ result: 'accepted', version: 1 })
    expect(said('Redis is away')).to.have.lengthOf(1)
    expect(said('Redis answers')).to.have.lengthOf(2)
  })

  it('is given up on for the moment when it does not reply', async () => {
    const store = open()
    await store.time()
    process.kill(server.pid(), 'SIGSTOP')
    try {
      const codes = await Promise.all([failureOf(store.time()), failureOf(store.tried('n'))])
      expect(codes).to.deep.equal(['store_unavailable', 'store_unavailable'])
    } finally {
      process.kill(server.pid(), 'SIGCONT')
    }
    await answers(store)
  })

  it('makes followers begin anew when the connection was made anew', async () => {
    const store = open()
    await commitAsShard(store, scrape(await store.time()))
    const { cursor } = await readAll(store)
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await sleep(20)
    await answers(store)
    const page = await readPage(store, cursor, 256)
    expect(page).to.include({ restarted: true })
    expect(page.changes).to.have.lengthOf(1)
    expect((await readPage(store, page.cursor, 256)).restarted).to.equal(false)
  })

  it('says that a password is wrong or missing, without showing one', async () => {
    const wrong = open(server.url.replace(password, `${password}-not`))
    expect(await failureOf(wrong.time())).to.equal('store_auth')
    const missing = open(server.url.replace(`:${password}@`, ''))
    expect(await failureOf(missing.time())).to.equal('store_auth')
    expect(said('Redis is away')[0]?.fields).to.include({ code: 'store_auth' })
  })

  it('says that it is full', async () => {
    const store = open()
    const given = scrape(await store.time(), { node: 'full' })
    await admin.config('SET', 'maxmemory', '1')
    const code = await failureOf(store.commit(given, packed(given.atMs), 0))
    await admin.config('SET', 'maxmemory', '0')
    expect(code).to.equal('store_full')
    expect(await commitAsShard(store, given)).to.include({ result: 'accepted' })
  })

  it('says that it is read-only, and is still read', async () => {
    const store = open()
    const given = scrape(await store.time(), { node: 'read' })
    await commitAsShard(store, given)
    await admin.call('REPLICAOF', '127.0.0.1', '1')
    const code = await failureOf(store.tried('read'))
    const records = await store.hydrate(['read'])
    await admin.call('REPLICAOF', 'NO', 'ONE')
    expect(code).to.equal('store_read_only')
    expect(records.size).to.equal(1)
  })

  it('is let go of at once, also while it is away, and answers no more', async () => {
    const store = open()
    await store.time()
    await Promise.all([store.close(), store.close()])
    expect(await failureOf(store.time())).to.equal('store_unavailable')
    const never = open('redis://127.0.0.1:1')
    await never.close()
    expect(await failureOf(never.time())).to.equal('store_unavailable')
  })

  it('is not even asked for where the name of the ring or the URL is no use', () => {
    expect(() => open('http://h')).to.throw(CodedError, 'does not begin with one of')
    const options = { url: server.url, ringName: 'a}b', intervalMs, onBadRecord: () => {}, log }
    expect(() => createRedisStore(options)).to.throw(CodedError, 'ring name')
  })
})
