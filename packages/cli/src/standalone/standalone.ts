import { tuneHeap } from '@metrics-ring/common/heap'
import { runService } from '@metrics-ring/common/service'
import { readStandaloneConfig, standaloneFlags } from './standalone-config.ts'
import { startStandalone } from './wire.ts'

/** `metrics-ring standalone …`: runs until SIGTERM or SIGINT. */
export function runStandalone(argv: readonly string[], env = process.env): Promise<void> {
  return runService({
    name: 'standalone',
    summary: 'Scrapes all kubelets and serves the Metrics API from one process, as metrics-server does.',
    flags: standaloneFlags,
    read: () => readStandaloneConfig(argv, env),
    async start(config, log, telemetry) {
      // What a frontend keeps besides lives longer: less garbage is allowed beside it.
      tuneHeap({ growingPercent: 100, youngGrows: false })
      return (await startStandalone(config, log, env, telemetry)).drain
    },
  })
}
