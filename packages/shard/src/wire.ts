import { randomUUID } from 'node:crypto'
import { realClock } from '@metrics-ring/common/clock'
import { createKubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import type { RedisStore } from '@metrics-ring/common/store/store-redis'
import type { Telemetry } from '@metrics-ring/common/telemetry/telemetry'
import type { ShardConfig } from './config.ts'
import { serveHealth } from './report/health.ts'
import { readinessChecks } from './report/readiness.ts'
import { ringReport } from './report/report.ts'
import { createLeaseApi } from './ring/leases.ts'
import { times as timesOf } from './ring/times.ts'
import { startScraping } from './scraping.ts'

/** What a shard is given from outside. The store is closed with the shard. */
export type ShardDeps = { log: Log; store: RedisStore; env: NodeJS.ProcessEnv; telemetry: Telemetry }

export type RunningShard = {
  /** Hands the nodes over to the other shards, then stops everything (SIGTERM). */
  drain(): Promise<void>
}

/** Builds a shard from its configuration, top to bottom. Rejects, with everything stopped, if it cannot start. */
export async function startShard(
  config: ShardConfig,
  { log, store, env, telemetry }: ShardDeps,
): Promise<RunningShard> {
  const clock = realClock
  const times = timesOf(config.intervalMs)
  const self = config.identity
  const lifecycle = createLifecycle((error) => log.warn({ error: String(error) }, 'stopping failed'))
  lifecycle.add(() => store.close())
  try {
    const kubeConfig = await loadKubeConfig(config.kubeconfig, env)
    const kube = createKubeClient(kubeConfig)
    lifecycle.add(() => kube.close())
    const leases = createLeaseApi({
      client: kube,
      clock,
      wallMs: () => Date.now(),
      namespace: config.leaseNamespace,
      ringName: config.ringName,
      shard: self,
      holder: `${self}_${env.POD_UID ?? randomUUID()}`,
      leaseMs: times.leaseMs,
      requestMs: times.requestMs,
    })
    const deps = { clock, log, kubeConfig, kube, store, leases, self, times, telemetry, lifecycle }
    const { core, targets, book } = startScraping(config, deps)
    const { shard, membership } = core
    const stopHealth = await serveHealth(config.health.port, config.health.address, {
      checks: () =>
        readinessChecks({
          storeReached: core.now() !== undefined,
          storeTrouble: store.trouble(),
          nodesListed: targets.synced(),
          proofAgeMs: membership.proofAgeMs(),
          nodes: shard.nodes().values(),
          claimedForMs: core.claimedForMs(),
          intervalMs: config.intervalMs,
        }),
      ring: () => ringReport(self, shard, membership, core.now()),
      nodes: book.report,
      metrics: telemetry.page,
    })
    lifecycle.add(stopHealth)
    return {
      async drain() {
        await core.drain()
        await lifecycle.stop()
      },
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}
