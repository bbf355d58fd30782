import { randomUUID } from 'node:crypto'
import { realClock } from '@metrics-ring/common/clock'
import { createKubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import type { ShardConfig } from './config.ts'
import { startCore } from './core.ts'
import { createShardEvents } from './events.ts'
import { createEndpoints } from './kubelet/endpoint.ts'
import { createKubeletClient } from './kubelet/kubelet.ts'
import { kubeletOptions } from './kubelet/kubelet-options.ts'
import { followTargets } from './kubelet/targets.ts'
import { serveHealth } from './report/health.ts'
import { createNodeBook } from './report/node-book.ts'
import { readinessChecks } from './report/readiness.ts'
import { ringReport } from './report/report.ts'
import { createLeaseApi } from './ring/leases.ts'
import { times as timesOf } from './ring/times.ts'

export type RunningShard = {
  /** Hands the nodes over to the other shards, then stops everything (SIGTERM). */
  drain(): Promise<void>
}

/** Builds a shard from its configuration, top to bottom. Rejects, with everything stopped, if it cannot start. */
export async function startShard(config: ShardConfig, log: Log, env = process.env): Promise<RunningShard> {
  const clock = realClock
  const times = timesOf(config.intervalMs)
  const book = createNodeBook(clock.mono)
  const events = createShardEvents(log, { mono: clock.mono, book })
  const lifecycle = createLifecycle((error) => log.warn({ error: String(error) }, 'stopping failed'))
  try {
    const kubeConfig = await loadKubeConfig(config.kubeconfig, env)
    const kube = createKubeClient(kubeConfig)
    lifecycle.add(() => kube.close())
    const kubelets = createKubeletClient(kubeletOptions(config.kubelet, kubeConfig))
    lifecycle.add(() => kubelets.close())
    const endpoints = createEndpoints({ choice: config.kubelet.endpoint, mono: clock.mono, kubelets })
    const store = createRedisStore({
      url: config.redis.url,
      tlsFiles: config.redis.tls,
      ringName: config.ringName,
      intervalMs: config.intervalMs,
      onBadRecord: (node, reason) => log.warn({ node, reason }, 'ignoring a bad record in the store'),
      log,
    })
    lifecycle.add(() => store.close())
    const leases = createLeaseApi({
      client: kube,
      clock,
      wallMs: () => Date.now(),
      namespace: config.leaseNamespace,
      ringName: config.ringName,
      shard: config.identity,
      holder: `${config.identity}_${env.POD_UID ?? randomUUID()}`,
      leaseMs: times.leaseMs,
      requestMs: times.requestMs,
    })
    const core = startCore({
      self: config.identity,
      clock,
      times,
      store,
      leases,
      fetchSample: async ({ kubelet }, call) =>
        kubelet.ok ? endpoints.fetch(kubelet.target, call) : kubelet,
      events,
      random: Math.random,
    })
    lifecycle.add(core.stop)
    const { shard, membership } = core
    const targets = followTargets({
      client: kube,
      clock,
      log,
      nodeSelector: config.nodeSelector,
      options: config.kubelet,
      onTargets(current) {
        shard.setTargets(current)
        kubelets.retain(new Set(current.keys()))
        endpoints.retain(new Set([...current.values()].map(({ uid }) => uid)))
      },
    })
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
      ring: () => ringReport(config.identity, shard, membership, core.now()),
      nodes: book.report,
    })
    lifecycle.add(stopHealth)
    lifecycle.add(targets.start())
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
