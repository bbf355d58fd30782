import type { Log } from '../log.ts'
import { connectRedis } from '../redis/connection.ts'
import { ringKeys } from '../redis/keys.ts'
import { readTime } from '../redis/replies.ts'
import type { RedisTlsFiles } from '../redis/tls.ts'
import { retentionMs } from './fence.ts'
import type { SampleStore } from './store.ts'
import { redisOverdue } from './store-redis-overdue.ts'
import { redisReads } from './store-redis-reads.ts'
import { redisWrites } from './store-redis-writes.ts'

export type RedisStoreOptions = {
  /** As `redis/url.ts` reads it: topology, hosts, user, password and database number. */
  url: string
  /** Read again on every connection. */
  tlsFiles?: RedisTlsFiles
  /** Rings of different names share one Redis without touching each other. */
  ringName: string
  /** W, milliseconds. */
  intervalMs: number
  /** A record that cannot be read; it is left out. */
  onBadRecord: (node: string, reason: string) => void
  log: Log
  /** How long an unwritten record is kept, milliseconds; tests shorten it. */
  retentionMs?: number
}

/** @property trouble why the last call failed, without any secret; undefined: it did not. */
export type RedisStore = SampleStore & { trouble(): string | undefined }

/**
 * The store in Redis (6.2 or later): `redis/prelude.lua` says what its keys hold, `redis/commit.lua` is the fence.
 * Returns at once and connects in the background. Throws a CodedError if the URL or the ring name is unusable.
 * Methods reject with a CodedError: `store_unavailable` while Redis is away (at once, or after 2 s without a
 * reply), `store_auth`, `store_forbidden`, `store_read_only`, `store_full`, `store_refuses_writes`, `store_error`.
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const keys = ringKeys(options.ringName)
  const redis = connectRedis({ ...options, key: keys.epoch })
  const parts = {
    redis,
    keys,
    interval: String(options.intervalMs),
    retention: String(options.retentionMs ?? retentionMs),
    onBadRecord: options.onBadRecord,
  }
  return {
    ...redisWrites(parts),
    ...redisReads(parts),
    ...redisOverdue(parts),
    time: async () => readTime(await redis.time()),
    trouble: redis.trouble,
    close: redis.close,
  }
}
