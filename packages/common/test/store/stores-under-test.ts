import { Redis } from 'ioredis'
import { silentLog } from '../../src/log.ts'
import type { SampleStore } from '../../src/store/store.ts'
import { createMemoryStore } from '../../src/store/store-memory.ts'
import { createRedisStore } from '../../src/store/store-redis.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'
import { intervalMs } from './store-builders.ts'

export type StoreUnderTest = {
  store: SampleStore
  /** The same data as another process reaches it. */
  other: SampleStore
  /** The store's clock steps back, as after a failover to a machine whose clock is behind. */
  stepBack(ms: number): Promise<void>
  /** The store loses everything. */
  empty(): Promise<void>
  close(): Promise<void>
}

export async function openMemory(): Promise<StoreUnderTest> {
  const clock = createFakeClock()
  let steppedMs = 0
  const stepping = { ...clock, mono: () => clock.mono() - steppedMs }
  const open = () => createMemoryStore({ clock: stepping, intervalMs, originMs: 1_700_000_000_000 })
  let current = open()
  const store: SampleStore = {
    commit: (...args) => current.commit(...args),
    hydrate: (...args) => current.hydrate(...args),
    changes: (...args) => current.changes(...args),
    freshness: (...args) => current.freshness(...args),
    overdue: (...args) => current.overdue(...args),
    tried: (...args) => current.tried(...args),
    failures: (...args) => current.failures(...args),
    delete: (...args) => current.delete(...args),
    time: () => current.time(),
    close: () => current.close(),
  }
  return {
    store,
    other: store,
    async stepBack(ms) {
      steppedMs += ms
    },
    async empty() {
      await clock.advance(1)
      current = open()
    },
    close: store.close,
  }
}

let rings = 0

/**
 * A ring of its own in the Redis at `url`. `server`: the URL of the one server that holds a key, where that is not
 * the same.
 */
export async function openRedis(
  url: string,
  server: (key: string) => Promise<string> = async () => url,
): Promise<StoreUnderTest & { ringName: string; redis: Redis }> {
  const ringName = `test-${++rings}`
  const redis = new Redis(await server(`mr:{${ringName}}:epoch`))
  const keys = (pattern: string) => redis.keys(`mr:{${ringName}}:${pattern}`)
  const open = () => createRedisStore({ url, ringName, intervalMs, onBadRecord: () => {}, log: silentLog })
  const [store, other] = [open(), open()]
  return {
    ringName,
    redis,
    store,
    other,
    // Redis' own clock cannot be stepped: what is stored moves forward instead, which is the same.
    async stepBack(ms) {
      for (const key of await keys('node:*')) {
        if (await redis.hexists(key, 'at')) await redis.hincrby(key, 'at', ms)
      }
    },
    async empty() {
      for (const key of await keys('*')) await redis.del(key)
    },
    async close() {
      await Promise.all([store.close(), other.close(), redis.quit()])
    },
  }
}
