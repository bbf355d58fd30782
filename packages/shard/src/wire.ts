import { randomUUID } from 'node:crypto'
import { realClock, sleep } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import { createKubeClient } from '@metrics-ring/common/kube'
import { loadKubeConfig } from '@metrics-ring/common/kubeconfig'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import { createSharedClock } from '@metrics-ring/common/shared-clock'
import { createRedisStore } from '@metrics-ring/common/store-redis'
import type { ShardConfig } from './config.ts'
import { createShardEvents } from './events.ts'
import { serveHealth } from './health.ts'
import { createKubeletClient } from './kubelet.ts'
import { kubeletOptions } from './kubelet-options.ts'
import { createLeaseApi } from './leases.ts'
import { createMembership } from './membership.ts'
import { createNodeBook } from './node-book.ts'
import { readinessChecks } from './readiness.ts'
import { ringReport } from './report.ts'
import { createShard } from './shard.ts'
import { followTargets } from './targets.ts'
import { times as timesOf } from './times.ts'

/** How often the store's clock is read, milliseconds. */
const clockSyncMs = 10_000

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
    const store = createRedisStore({
      url: config.redisUrl,
      ringName: config.ringName,
      intervalMs: config.intervalMs,
      onBadRecord: (node, reason) => log.warn({ node, reason }, 'ignoring a bad record in the store'),
      log,
    })
    lifecycle.add(() => store.close())
    const shared = createSharedClock({ clock, readTime: store.time })

    let claimedMs: number | undefined
    const shard = createShard({
      self: config.identity,
      clock,
      times,
      now: () => shared.now() ?? 0,
      store,
      fetchSample: async ({ kubelet }, call) =>
        kubelet.ok ? kubelets.scrape(kubelet.target, call) : kubelet,
      events,
    })
    const targets = followTargets({
      client: kube,
      clock,
      log,
      nodeSelector: config.nodeSelector,
      options: config.kubelet,
      onTargets(current) {
        shard.setTargets(current)
        kubelets.retain(new Set(current.keys()))
      },
    })
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
    const membership = createMembership({
      clock,
      times,
      leases,
      self: config.identity,
      random: Math.random,
      onMembers(members) {
        claimedMs ??= clock.mono()
        events.members(members)
        shard.setMembers(members)
      },
      onEffect: events.membersEffect,
      onProof: events.proof,
      onNoProof: events.noProof,
    })
    const stopHealth = await serveHealth(config.health.port, config.health.address, {
      checks: () =>
        readinessChecks({
          storeReached: shared.now() !== undefined,
          nodesListed: targets.synced(),
          proofAgeMs: membership.proofAgeMs(),
          nodes: shard.nodes().values(),
          claimedForMs: claimedMs === undefined ? undefined : clock.mono() - claimedMs,
          intervalMs: config.intervalMs,
        }),
      ring: () => ringReport(config.identity, shard, membership, shared.now()),
      nodes: book.report,
    })
    lifecycle.add(stopHealth)
    lifecycle.add(shard.stop)
    lifecycle.add(targets.start())

    let joined = false
    const join = () => {
      if (joined) return
      joined = true
      lifecycle.add(() => leases.release())
      lifecycle.add(membership.start())
    }
    // Without the shared clock no scrape can be ordered: the shard joins the ring when it has it.
    lifecycle.add(
      every({
        clock,
        periodMs: () => (joined ? clockSyncMs : 1_000),
        run: async () => {
          await shared.sync()
          join()
        },
        onError: events.storeFailed,
      }),
    )
    return {
      async drain() {
        if (joined) {
          await membership.drain().catch(events.noProof)
          const endMs = clock.mono() + times.drainMs
          while (shard.nodes().size > 0 && shard.members().length > 0 && clock.mono() < endMs)
            await sleep(clock, 100)
        }
        await lifecycle.stop()
      },
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}
