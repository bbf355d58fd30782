import type { ContainerRecord, PodRecord, Usage } from '@metrics-ring/common/record'
import type { ItemUsage, Labels, PodItem } from './item.ts'

/** The record that says so. */
export type Source = {
  readonly node: string
  /** When its scrape was sent, shared clock, milliseconds. */
  readonly atMs: number
  /** Its Node object exists, with the uid that the shard saw. */
  live: boolean
}

/** What one record says of one pod. */
export type Candidate = {
  source: Source
  /** The greatest start of its containers, milliseconds since the epoch; 0: no start is known. */
  startMs: number
  /** When the oldest usage from before a container's present life was scraped, shared clock; Infinity: none is. */
  heldMs: number
  /** Shared clock, milliseconds; 0: a container has no usage, and a partial pod is never served. */
  expiresMs: number
  timestampMs: number
  windowMs: number
  containers: readonly { name: string; usage: ItemUsage }[]
}

/** A pod whose containers all started this long before the Pod object was created is an earlier one, milliseconds. */
const earlierMs = 10_000
/** creationTimestamp is truncated to it, milliseconds. */
const secondMs = 1_000

export function candidateOf(pod: PodRecord, source: Source, maxAgeMs: number): Candidate {
  const { containers } = pod
  const earliest = containers.length === 0 ? undefined : containers.reduce(earlier).usage
  let startMs = 0
  let heldMs = Number.POSITIVE_INFINITY
  let atMs = Number.POSITIVE_INFINITY
  for (const container of containers) {
    startMs = Math.max(startMs, startOf(container))
    atMs = Math.min(atMs, container.usage?.atMs ?? Number.NEGATIVE_INFINITY)
    if (isHeld(container)) heldMs = Math.min(heldMs, container.usage?.atMs ?? heldMs)
  }
  // Without a usage of each container there is nothing to serve, and nothing is kept of it.
  const complete = earliest !== undefined && atMs > Number.NEGATIVE_INFINITY
  return {
    source,
    startMs,
    heldMs,
    expiresMs: complete ? atMs + maxAgeMs : 0,
    timestampMs: complete ? earliest.timestampMs : 0,
    windowMs: complete ? earliest.windowMs : 0,
    containers: complete ? itemContainers(containers) : none,
  }
}

/** Its usage is of an earlier life of the container than the record has seen. */
function isHeld(container: ContainerRecord): boolean {
  const { usage, absent } = container
  return usage !== undefined && (absent === true || usage.timestampMs < startOf(container))
}

const none: Candidate['containers'] = []

function earlier(a: ContainerRecord, b: ContainerRecord): ContainerRecord {
  return (b.usage?.timestampMs ?? 0) < (a.usage?.timestampMs ?? 0) ? b : a
}

/** Of a pod whose containers all have a usage. */
function itemContainers(containers: readonly ContainerRecord[]): Candidate['containers'] {
  const items = containers.map(({ name, usage }) => ({ name, usage: itemUsage(usage as Usage) }))
  return items.length > 1 ? items.sort((a, b) => (a.name < b.name ? -1 : 1)) : items
}

function startOf(container: ContainerRecord): number {
  return container.startMs ?? container.base?.startMs ?? 0
}

export function itemUsage(usage: ItemUsage): ItemUsage {
  const { cpuNanocores, memoryBytes, swapBytes } = usage
  return swapBytes === undefined ? { cpuNanocores, memoryBytes } : { cpuNanocores, memoryBytes, swapBytes }
}

/**
 * Which record speaks for the pod: the one with the latest container start, then the latest scrape; where starts
 * are missing, the latest scrape. None where each belongs to an earlier pod of the name, or to no known node.
 * @param createdMs creationTimestamp of the Pod object; 0: not known.
 */
export function choose(candidates: readonly Candidate[], createdMs: number): Candidate | undefined {
  const standing = candidates.filter(({ source, startMs, heldMs }) => {
    const isEarlier = startMs !== 0 && startMs < createdMs - earlierMs
    return source.live && !isEarlier && heldMs >= createdMs + secondMs
  })
  if (standing.length < 2) return standing[0]
  const byStart = standing.every(({ startMs }) => startMs > 0)
  return standing.reduce((best, each) => (outranks(each, best, byStart) ? each : best))
}

function outranks(a: Candidate, b: Candidate, byStart: boolean): boolean {
  if (byStart && a.startMs !== b.startMs) return a.startMs > b.startMs
  if (a.source.atMs !== b.source.atMs) return a.source.atMs > b.source.atMs
  return a.source.node > b.source.node
}

/** Whether both would be rendered alike, labels aside. */
export function sameSample(a: Candidate, b: Candidate): boolean {
  return (
    a.timestampMs === b.timestampMs &&
    a.windowMs === b.windowMs &&
    a.containers.length === b.containers.length &&
    a.containers.every((container, index) => {
      const other = b.containers[index]
      return other?.name === container.name && sameUsage(container.usage, other.usage)
    })
  )
}

export function sameUsage(a: ItemUsage, b: ItemUsage): boolean {
  return a.cpuNanocores === b.cpuNanocores && a.memoryBytes === b.memoryBytes && a.swapBytes === b.swapBytes
}

export function podItem(namespace: string, name: string, labels: Labels, candidate: Candidate): PodItem {
  const { timestampMs, windowMs, containers } = candidate
  return { namespace, name, labels, timestampMs, windowMs, containers: [...containers] }
}
