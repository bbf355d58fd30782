import type { Cluster } from '@metrics-ring/sim/cluster'
import { readTop, type TopOutput } from './complete.ts'
import type { Deployment } from './deployment.ts'
import type { Kubectl } from './kubectl.ts'
import { type Pace, paceOf } from './pace.ts'
import type { ServiceProcess } from './process.ts'

export type ShardView = {
  name: string
  pid: number
  /** Nodes by claim; undefined while the shard does not answer. */
  counts: { own: number; retained: number; adopted: number } | undefined
}

export type DemoState = {
  nodes: number
  pods: number
  shards: ShardView[]
  frontends: { name: string; pid: number }[]
  pace: Pace
  /** Age of the oldest sample that the API serves, milliseconds; undefined while it serves none. */
  oldestSampleMs: number | undefined
  top: TopOutput
}

export async function observe(
  cluster: Cluster,
  deployment: Deployment,
  kubectl: Kubectl,
  intervalMs: number,
): Promise<DemoState> {
  const [shards, top, oldestSampleMs] = await Promise.all([
    Promise.all(deployment.shards().map(viewShard)),
    readTop(kubectl, cluster),
    oldestSample(kubectl),
  ])
  const { model, kubelets } = cluster
  const scrapes = model.nodes().map(({ name }) => kubelets.scrapes(name))
  return {
    nodes: scrapes.length,
    pods: model.pods().length,
    shards,
    frontends: deployment.frontends().map(({ name, pid }) => ({ name, pid })),
    pace: paceOf(scrapes, Date.now(), intervalMs),
    oldestSampleMs,
    top,
  }
}

async function viewShard({ name, pid, port }: ServiceProcess): Promise<ShardView> {
  try {
    const signal = AbortSignal.timeout(1_000)
    const response = await fetch(`http://127.0.0.1:${port}/debug/ring`, { signal })
    return { name, pid, counts: (await response.json()) as ShardView['counts'] }
  } catch {
    return { name, pid, counts: undefined }
  }
}

async function oldestSample(kubectl: Kubectl): Promise<number | undefined> {
  const lists = await Promise.all(
    ['nodes', 'pods'].map((resource) => kubectl('get', '--raw', `/apis/metrics.k8s.io/v1/${resource}`)),
  )
  const times = lists
    .filter(({ ok }) => ok)
    .flatMap(({ stdout }) => (JSON.parse(stdout) as { items: { timestamp: string }[] }).items)
    .map(({ timestamp }) => Date.parse(timestamp))
  return times.length === 0 ? undefined : Date.now() - Math.min(...times)
}
