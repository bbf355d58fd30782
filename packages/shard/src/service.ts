import { tuneHeap } from '@metrics-ring/common/heap'
import { runService } from '@metrics-ring/common/service'
import { openStore } from '@metrics-ring/common/store/open-store'
import { readShardConfig, shardFlags } from './config.ts'
import { startShard } from './wire.ts'

/** `metrics-ring shard …`: runs until SIGTERM or SIGINT. */
export function runShard(argv: readonly string[], env = process.env): Promise<void> {
  return runService({
    name: 'shard',
    summary: 'Scrapes the kubelets that the ring gives it and writes their latest samples to Redis.',
    flags: shardFlags,
    read: () => readShardConfig(argv, env),
    async start(config, log, telemetry) {
      // It keeps little: the heap may as well grow to three times of that.
      tuneHeap({ growingPercent: 200, youngGrows: false })
      if (config.intervalMs < 10_000) {
        log.warn(
          { intervalMs: config.intervalMs },
          'kubelets refresh their readings every 10 s or more: such a short interval costs more than it tells',
        )
      }
      const store = openStore(config, log, telemetry.meter)
      const shard = await startShard(config, { log, env, store, telemetry })
      return shard.drain
    },
  })
}
