import type { Cluster } from '@metrics-ring/sim/cluster'
import { readTop, type TopOutput } from './complete.ts'
import type { Deployment } from './deployment.ts'
import type { Kubectl } from './kubectl.ts'

export type ShardView = {
  name: string
  pid: number
  /** Undefined while it does not answer. */
  counts: { own: number; retained: number; adopted: number } | undefined
}

/** How evenly kubelets are scraped. Milliseconds. */
export type Pace = {
  /** Scrapes of a kubelet over the last intervals: the least and the most any kubelet counts. */
  least: number
  most: number
  intervals: number
  longestGapMs: number
}

export type DemoState = {
  shards: ShardView[]
  frontends: { name: string; pid: number }[]
  pace: Pace
  /** Age of the oldest sample that the API serves; undefined while it serves none. */
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
  const scrapes = cluster.model.nodes().map(({ name }) => cluster.kubelets.scrapes(name))
  return {
    shards,
    frontends: deployment.frontends().map(({ name, pid }) => ({ name, pid })),
    pace: paceOf(scrapes, Date.now(), intervalMs),
    oldestSampleMs,
    top,
  }
}

async function viewShard({
  name,
  pid,
  port,
}: {
  name: string
  pid: number
  port: number
}): Promise<ShardView> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/debug/ring`, {
      signal: AbortSignal.timeout(1_000),
    })
    return { name, pid, counts: (await response.json()) as ShardView['counts'] }
  } catch {
    return { name, pid, counts: undefined }
  }
}

const paceIntervals = 10

/** Pure. `scrapes`: of each kubelet, when it was asked, ascending. */
export function paceOf(scrapes: readonly (readonly number[])[], nowMs: number, intervalMs: number): Pace {
  const pace: Pace = { least: Number.POSITIVE_INFINITY, most: 0, intervals: 0, longestGapMs: 0 }
  for (const all of scrapes) {
    const recent = all.filter((at) => at > nowMs - paceIntervals * intervalMs)
    pace.least = Math.min(pace.least, recent.length)
    pace.most = Math.max(pace.most, recent.length)
    const ends = [...recent, nowMs]
    const gaps = ends.slice(1).map((at, index) => at - (ends[index] ?? at))
    pace.longestGapMs = Math.max(pace.longestGapMs, ...gaps)
    pace.intervals = Math.max(pace.intervals, Math.round((nowMs - (recent[0] ?? nowMs)) / intervalMs))
  }
  return { ...pace, least: scrapes.length === 0 ? 0 : pace.least }
}

async function oldestSample(kubectl: Kubectl): Promise<number | undefined> {
  const lists = await Promise.all(
    ['nodes', 'pods'].map((resource) => kubectl('get', '--raw', `/apis/metrics.k8s.io/v1/${resource}`)),
  )
  const times = lists
    .filter(({ ok }) => ok)
    .flatMap(({ stdout }) => JSON.parse(stdout).items as { timestamp: string }[])
  if (times.length === 0) return undefined
  return Date.now() - Math.min(...times.map(({ timestamp }) => Date.parse(timestamp)))
}
