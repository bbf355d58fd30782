import type { Log } from '../log.ts'
import type { ClusterConfig, RingConfig } from '../service-flags.ts'
import { createRedisStore, type RedisStore } from './store-redis.ts'

/** The store that a service's flags name; connects in the background. Throws as createRedisStore does. */
export function openStore(config: RingConfig & ClusterConfig, log: Log): RedisStore {
  const { redis, ringName, intervalMs } = config
  return createRedisStore({
    url: redis.url,
    tlsFiles: redis.tls,
    ringName,
    intervalMs,
    onBadRecord: (node, reason) => log.warn({ node, reason }, 'ignoring a bad record in the store'),
    log,
  })
}
