import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '@metrics-ring/common/errors'
import type { Cluster } from '@metrics-ring/sim/cluster'
import { cpuByPod, createHpaClient, type HpaClient, hpaAccount } from './hpa-client.ts'
import {
  byMetricsServersRule,
  deployScaledWorkload,
  loseOneScrape,
  type ScaledWorkload,
} from './hpa-cluster.ts'
import { desiredReplicas, type PodCpu, type Verdict } from './hpa-replicas.ts'

/** What an HPA makes of an answer; `error`: it cannot tell, and keeps what it has. */
export type Outcome = Verdict | { error: string }
export type Sync = { ring: Outcome; metricsServer: Outcome }

export type Story = {
  cluster: Cluster
  intervalMs: number
  signal: AbortSignal
  write(text: string): void
}

const syncsBefore = 2
const syncsAfter = 5
const warmUpMs = 60_000

/**
 * Ten pods on two nodes at 1.5 times the target, and one scrape of one node lost: what the HPA sees at each sync, with
 * metrics-ring and with metrics-server.
 * @returns whether the HPA asked for 15 replicas at every sync
 */
export async function tellHpaStory({ cluster, intervalMs, signal, write }: Story): Promise<boolean> {
  const workload = deployScaledWorkload(cluster, intervalMs)
  const client = createHpaClient(cluster.serviceAccountKubeconfig(hpaAccount))
  const waitMs = (ms: number) => sleep(ms, undefined, { signal })
  try {
    write(introduction(workload))
    await warmUp(cluster, client, workload, waitMs)
    const syncs: Sync[] = []
    for (let n = 1; n <= syncsBefore + syncsAfter; n++) {
      const loses = n === syncsBefore + 1
      if (loses) await loseOneScrape(cluster, workload.nodes.unlucky, waitMs)
      else await waitMs(intervalMs)
      const sync = await syncOnce(cluster, client, workload)
      syncs.push(sync)
      write(syncLine(n, loses ? `a scrape of ${workload.nodes.unlucky} is lost` : '', sync))
    }
    write(conclusion(syncs))
    return syncs.every(({ ring }) => replicasOf(ring) === 15)
  } finally {
    client.close()
  }
}

/** What the HPA makes of what is served now. */
export async function syncOnce(cluster: Cluster, client: HpaClient, workload: ScaledWorkload): Promise<Sync> {
  const decide = (metrics: ReadonlyMap<string, PodCpu>) =>
    outcome(() => desiredReplicas(workload.pods(), metrics, workload.targetMillicores, Date.now()))
  try {
    const served = cpuByPod(await client.list(workload.namespace, workload.selector))
    return { ring: decide(served), metricsServer: decide(byMetricsServersRule(cluster, workload, served)) }
  } catch (error) {
    const failed = { error: errorText(error) }
    return { ring: failed, metricsServer: failed }
  }
}

function outcome(decide: () => Verdict): Outcome {
  try {
    return decide()
  } catch (error) {
    return { error: errorText(error) }
  }
}

/** Waits until every pod counts: the HPA leaves a young one out until its window lies behind its readiness. */
export async function warmUp(
  cluster: Cluster,
  client: HpaClient,
  workload: ScaledWorkload,
  waitMs: (ms: number) => Promise<unknown>,
): Promise<void> {
  const deadlineMs = Date.now() + warmUpMs
  for (;;) {
    const { ring, metricsServer } = await syncOnce(cluster, client, workload)
    const complete = [ring, metricsServer].every((each) => 'counted' in each && each.counted === 10)
    if (complete) return
    if (Date.now() > deadlineMs) throw new Error(`not every pod is served: ${JSON.stringify(ring)}`)
    await waitMs(250)
  }
}

export function replicasOf(outcome: Outcome): number | undefined {
  return 'replicas' in outcome ? outcome.replicas : undefined
}

function introduction({ namespace, name, nodes, targetMillicores, intervalMs }: ScaledWorkload): string {
  return `Deployment ${namespace}/${name} has 10 pods on ${nodes.lucky} and ${nodes.unlucky}, at 1.5 times the target of ${targetMillicores}m CPU.
The HPA syncs every ${intervalMs / 1000} s. metrics-server does not run here: its columns are what the HPA would make of
the same samples by metrics-server's rule, which serves a pod while the last two scrapes of its node succeeded.

         metrics-ring              metrics-server
  sync   pods   mean  replicas     pods   mean  replicas
`
}

function syncLine(number: number, event: string, { ring, metricsServer }: Sync): string {
  const ends = [outcomeCells(ring), outcomeCells(metricsServer), event].join('     ').trimEnd()
  return `  ${String(number).padStart(4)}   ${ends}\n`
}

function outcomeCells(outcome: Outcome): string {
  if ('error' in outcome) return outcome.error
  const mean = `${outcome.meanMillicores}m`
  return `${String(outcome.counted).padStart(4)} ${mean.padStart(6)} ${String(outcome.replicas).padStart(9)}`
}

function conclusion(syncs: readonly Sync[]): string {
  const ring = [...new Set(syncs.map(({ ring: each }) => replicasOf(each) ?? 10))]
  const blind = syncs.filter(({ metricsServer }) => replicasOf(metricsServer) !== 15).length
  return `
With metrics-ring the HPA asks for ${ring.join(' or ')} replicas at every sync. With metrics-server it would not scale up at ${blind} of ${syncs.length}:
the five pods it does not see count as idle.
`
}
