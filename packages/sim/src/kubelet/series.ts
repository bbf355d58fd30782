import type { NodeState, PodState } from '../model/model.ts'
import type { Run } from '../model/types.ts'
import {
  counterAt,
  memoryOf,
  nodeCounterAt,
  nodeMemory,
  runCpu,
  runMemory,
  runSwap,
  swapOf,
} from '../model/usage.ts'
import { nodeSchedule, podSchedule, runSchedule } from './looks.ts'
import { type Cursor, createCursor, type SamplingClock, type Schedule } from './sampling.ts'
import { summaryText } from './summary.ts'
import { type ContainerReading, type PodReading, type Reading, resourceText } from './text.ts'

/** `cadvisor`: each cgroup looked at by its own jittered loop. `cri`: everything looked at when asked. */
export type Sampling = 'cadvisor' | 'cri'

type Series<T> = { of: T; labels: string; lastLook: Cursor }

/** The series of one node, in the order of their labels, as of a version of the node. */
type Table = { version: number; containers: Series<Run>[]; pods: Series<PodState>[]; lastLook: Cursor }

export type NodeReader = {
  /** The answer to a scrape. `skewMs` is how far the node's clock is ahead. */
  text(nowMs: number, skewMs?: number): string
  /** The same readings as `/stats/summary` has them. */
  summary(nowMs: number, skewMs?: number): string
}

export function createNodeReader(node: NodeState, sampling: Sampling, clock: SamplingClock): NodeReader {
  const cursors = new WeakMap<object, Cursor>()
  const cursorOf = (of: object, schedule: () => Schedule): Cursor => {
    const known =
      cursors.get(of) ?? (sampling === 'cri' ? (nowMs: number) => nowMs : createCursor(schedule()))
    cursors.set(of, known)
    return known
  }
  const tabulate = (): Table => ({
    version: node.version,
    lastLook: cursorOf(node, () => nodeSchedule(node, clock)),
    containers: sorted(liveRuns(node), runLabels, (run) => cursorOf(run, () => runSchedule(run, clock))),
    pods: sorted(livePods(node), podLabels, (pod) => cursorOf(pod, () => podSchedule(pod, clock))),
  })
  let table = tabulate()
  const readNow = (nowMs: number, skewMs = 0): Readings => {
    if (table.version !== node.version) table = tabulate()
    return read(node, table, nowMs, skewMs)
  }
  return {
    text: (nowMs, skewMs) => resourceText(...readNow(nowMs, skewMs)),
    summary: (nowMs, skewMs) => summaryText(node.name, ...readNow(nowMs, skewMs)),
  }
}

function livePods(node: NodeState): PodState[] {
  return [...node.pods.values()].filter((pod) => pod.containers.some((state) => state.run))
}

function liveRuns(node: NodeState): Run[] {
  return node.runs.filter((run) => run.endMs === Number.POSITIVE_INFINITY)
}

function runLabels(run: Run): string {
  return `container="${run.container}",namespace="${run.namespace}",pod="${run.pod}"`
}

function podLabels(pod: PodState): string {
  return `namespace="${pod.namespace}",pod="${pod.name}"`
}

function sorted<T>(items: T[], labelsOf: (item: T) => string, cursorOf: (item: T) => Cursor): Series<T>[] {
  return items
    .map((of) => ({ of, labels: labelsOf(of), lastLook: cursorOf(of) }))
    .sort((a, b) => (a.labels < b.labels ? -1 : 1))
}

type Readings = [node: Reading, containers: ContainerReading[], pods: PodReading[]]

/** Of what has been looked at. */
function read(node: NodeState, table: Table, nowMs: number, skewMs: number): Readings {
  const lookMs = table.lastLook(nowMs) ?? nowMs
  const swap = node.swapEnabled ? { swapBytes: swapOf(node.runs, lookMs) } : {}
  const own = {
    cpuNs: nodeCounterAt(node, lookMs),
    memoryBytes: nodeMemory(node, lookMs),
    atMs: lookMs + skewMs,
    ...swap,
  }
  return [
    own,
    table.containers.flatMap((series) => readContainer(series, nowMs, skewMs)),
    table.pods.flatMap((series) => readPod(series, nowMs, skewMs)),
  ]
}

function readContainer(
  { of: run, labels, lastLook }: Series<Run>,
  nowMs: number,
  skewMs: number,
): ContainerReading[] {
  const lookMs = lastLook(nowMs)
  if (lookMs === undefined) return []
  const swap = run.swap ? { swapBytes: runSwap(run, lookMs) } : {}
  const cpuNs = runCpu(run, run.startMs, lookMs)
  return [
    {
      labels,
      cpuNs,
      memoryBytes: runMemory(run, lookMs),
      startMs: run.startMs,
      atMs: lookMs + skewMs,
      ...swap,
    },
  ]
}

function readPod(
  { of: pod, labels, lastLook }: Series<PodState>,
  nowMs: number,
  skewMs: number,
): PodReading[] {
  const lookMs = lastLook(nowMs)
  if (lookMs === undefined) return []
  return [
    { labels, cpuNs: counterAt(pod, lookMs), memoryBytes: memoryOf(pod.runs, lookMs), atMs: lookMs + skewMs },
  ]
}
