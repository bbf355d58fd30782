import { parseDuration } from '@metrics-ring/common/duration'
import type { Cluster } from '@metrics-ring/sim/cluster'
import type { Subject } from '@metrics-ring/sim/model/model'
import type { NodeMetrics, PodMetrics } from './api-client.ts'
import { intervalMs } from './installation.ts'
import { nanos } from './quantity.ts'

/** How far a served CPU usage may be from the integral, nanocores: a microcore. */
const toleranceNanocores = 1_000

type Served = { cpuNanocores: number; memoryBytes: number }
type Window = { fromMs: number; toMs: number }

/** A sentence for everything that the model does not confirm in a served NodeMetrics. */
export function nodeFaults(cluster: Cluster, node: NodeMetrics): string[] {
  const { name } = node.metadata
  const windows = statedWindows(cluster, { node: name }, node)
  return explain(cluster, { node: name }, served(node.usage), windows, `node ${name}`)
}

/**
 * The same for a PodMetrics. Its timestamp and window are those of the container that was sampled first; each other
 * container has a window of its own, not stated: between two of its samples, the later not before the timestamp.
 */
export function podFaults(cluster: Cluster, pod: PodMetrics): string[] {
  const { namespace = '', name } = pod.metadata
  const stated: string[][] = []
  const own = pod.containers.flatMap((container) => {
    const subject = { namespace, pod: name, container: container.name }
    const what = `${namespace}/${name}/${container.name}`
    const usage = served(container.usage)
    stated.push(explain(cluster, subject, usage, statedWindows(cluster, subject, pod), what))
    return explain(cluster, subject, usage, possibleWindows(cluster, subject, pod), what)
  })
  const asStated = stated.some((faults) => faults.length === 0)
  return asStated ? own : [...own, ...stated.flat()]
}

function explain(
  { model }: Cluster,
  subject: Subject,
  usage: Served,
  windows: Window[],
  what: string,
): string[] {
  const told = windows.map(({ fromMs, toMs }) => {
    const cpu = (model.cpuNanocoreSeconds(subject, fromMs, toMs) * 1000) / (toMs - fromMs)
    return { cpu, memory: model.memoryBytes(subject, toMs) }
  })
  const holds = told.some(
    ({ cpu, memory }) =>
      Math.abs(cpu - usage.cpuNanocores) <= toleranceNanocores && memory === usage.memoryBytes,
  )
  if (holds) return []
  return [`${what} is served ${JSON.stringify(usage)}, the model says ${JSON.stringify(told)}`]
}

/** The API truncates its timestamp to seconds; the window it tells to the millisecond. */
function statedWindows(cluster: Cluster, subject: Subject, { timestamp, window }: NodeMetrics | PodMetrics) {
  const secondMs = Date.parse(timestamp)
  const windowMs = Math.round(parseDuration(window) ?? 0)
  const begins = new Set(beginnings(cluster, subject, secondMs))
  return cluster.kubelets
    .sampleTimes(subject, secondMs, secondMs + 999)
    .map((toMs) => ({ fromMs: toMs - windowMs, toMs }))
    .filter(({ fromMs }) => begins.has(fromMs))
}

function possibleWindows(cluster: Cluster, subject: Subject, { timestamp }: PodMetrics): Window[] {
  const secondMs = Date.parse(timestamp)
  const ends = cluster.kubelets.sampleTimes(subject, secondMs, secondMs + 4 * intervalMs)
  const begins = beginnings(cluster, subject, secondMs)
  return ends.flatMap((toMs) =>
    begins
      .filter((fromMs) => fromMs < toMs && toMs - fromMs <= 4 * intervalMs)
      .map((fromMs) => ({ fromMs, toMs })),
  )
}

/** When a window that ends a while after `atMs` may begin: at a sample, or at the container's start. */
function beginnings({ kubelets, model }: Cluster, subject: Subject, atMs: number): number[] {
  const samples = kubelets.sampleTimes(subject, atMs - 5 * intervalMs, atMs + 4 * intervalMs)
  const starts = 'node' in subject ? [] : model.runs(subject).map(({ startMs }) => startMs)
  return [...samples, ...starts]
}

function served({ cpu, memory }: { cpu: string; memory: string }): Served {
  return { cpuNanocores: Number(nanos(cpu)), memoryBytes: Number(nanos(memory) / 1_000_000_000n) }
}
