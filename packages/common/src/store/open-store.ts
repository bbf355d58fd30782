import { realClock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ClusterConfig, RingConfig } from '../service-flags.ts'
import { counter, type Meter, silentMeter } from '../telemetry/metric.ts'
import { measuredStore, storeMetrics } from '../telemetry/store-metrics.ts'
import { gatherCommits } from './gather.ts'
import { createRedisStore, type RedisStore } from './store-redis.ts'

/** The store that a service's flags name; connects in the background. Throws as createRedisStore does. */
export function openStore(
  config: RingConfig & ClusterConfig,
  log: Log,
  meter: Meter = silentMeter,
): RedisStore {
  const badRecords = counter(meter, storeMetrics.badRecords)
  const { redis, ringName, intervalMs } = config
  const store = createRedisStore({
    url: redis.url,
    tlsFiles: redis.tls,
    ringName,
    intervalMs,
    onBadRecord(node, reason) {
      badRecords(1)
      log.warn({ node, reason }, 'ignoring a bad record in the store')
    },
    log,
  })
  return gatherCommits(measuredStore(store, meter, realClock.mono), realClock)
}
