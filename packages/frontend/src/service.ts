import { tuneHeap } from '@metrics-ring/common/heap'
import { runService } from '@metrics-ring/common/service'
import { openStore } from '@metrics-ring/common/store/open-store'
import { frontendFlags, readFrontendConfig } from './config.ts'
import { startFrontend } from './wire.ts'

/** `metrics-ring frontend …`: runs until SIGTERM or SIGINT. */
export function runFrontend(argv: readonly string[], env = process.env): Promise<void> {
  return runService({
    name: 'frontend',
    summary: 'Serves the Metrics API from the samples that the shards write to Redis.',
    flags: frontendFlags,
    read: () => readFrontendConfig(argv, env),
    async start(config, log, telemetry) {
      // What changed is read a quarter of a second at a time, and is to be garbage before the young part is full.
      tuneHeap({ growingPercent: 100, youngGrows: true, isLarge: true })
      const store = openStore(config, log, telemetry.meter)
      const frontend = await startFrontend(config, { log, env, store, telemetry })
      return frontend.drain
    },
  })
}
