import { realClock } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { createKubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import type { Telemetry } from '@metrics-ring/common/telemetry/telemetry'
import { startFrontend } from '@metrics-ring/frontend/wire'
import { createSoleLease } from '@metrics-ring/shard/ring/sole-lease'
import { timesAlone } from '@metrics-ring/shard/ring/times'
import { startScraping } from '@metrics-ring/shard/scraping'
import type { StandaloneConfig } from './standalone-config.ts'

export type RunningStandalone = {
  /** Fails readiness, goes on scraping and serving for a while, stops everything (SIGTERM). */
  drain(): Promise<void>
}

const self = 'standalone'

/**
 * A shard alone in its ring, and a frontend, over one store in memory. Rejects, with everything stopped, if it cannot
 * start.
 */
export async function startStandalone(
  config: StandaloneConfig,
  log: Log,
  env: NodeJS.ProcessEnv,
  telemetry: Telemetry,
): Promise<RunningStandalone> {
  const clock = realClock
  const times = timesAlone(config.intervalMs)
  const store = createMemoryStore({ clock, intervalMs: config.intervalMs })
  const leases = createSoleLease(self, times.leaseMs)
  const lifecycle = createLifecycle((error) => log.warn({ error: errorText(error) }, 'stopping failed'))
  try {
    const kubeConfig = await loadKubeConfig(config.kubeconfig, env)
    const kube = createKubeClient(kubeConfig)
    lifecycle.add(() => kube.close())
    startScraping(config, { clock, log, kubeConfig, kube, store, leases, self, times, telemetry, lifecycle })
    const frontend = await startFrontend(config, { log, store, env, telemetry })
    return {
      async drain() {
        await frontend.drain()
        await lifecycle.stop()
      },
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}
