import type { ContainerRecord, PodRecord, Usage } from '@metrics-ring/common/record/record'
import type { ItemUsage, Labels, PodItem } from './item.ts'

/** The record that says so. */
export type Source = {
  readonly node: string
  /** When its scrape was sent, shared clock, milliseconds. */
  readonly atMs: number
  /** Its Node object exists, with the uid that the shard saw. */
  live: boolean
}

/**
 * What one record says of one pod. There is one of every pod of the cluster: its numbers are in one array, which the
 * garbage collector need not look into.
 */
export type Candidate = {
  source: Source
  /** Of the containers, in byte order. Equal lists are one: never write to it. */
  names: readonly string[]
  /** See `place`; behind them `cpuNanocores`, `memoryBytes` and `swapBytes` (or `absent`) of each container. */
  numbers: readonly number[]
}

const place = {
  /** The greatest start of its containers, milliseconds since the epoch; 0: no start is known. */
  startMs: 0,
  /** When the oldest usage from before a container's present life was scraped, shared clock; Infinity: none is. */
  heldMs: 1,
  /** Shared clock, milliseconds; 0: a container has no usage, and a partial pod is never served. */
  expiresMs: 2,
  timestampMs: 3,
  windowMs: 4,
  containers: 5,
} as const
const absent = -1

const numberOf = ({ numbers }: Candidate, at: number) => numbers[at] as number

/** When the kubelet says that its containers were measured, the earliest; milliseconds since the epoch. */
export const sampleMs = (candidate: Candidate): number => numberOf(candidate, place.timestampMs)

export const expiresMsOf = (candidate: Candidate): number => numberOf(candidate, place.expiresMs)

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
  if (earliest === undefined || atMs === Number.NEGATIVE_INFINITY) {
    return { source, names: none, numbers: [startMs, heldMs, 0, 0, 0] }
  }
  const { timestampMs, windowMs } = earliest
  const numbers = [startMs, heldMs, atMs + maxAgeMs, timestampMs, windowMs]
  const ordered =
    containers.length > 1 ? containers.toSorted((a, b) => (a.name < b.name ? -1 : 1)) : containers
  for (const { usage } of ordered) {
    const { cpuNanocores, memoryBytes, swapBytes = absent } = usage as Usage
    numbers.push(cpuNanocores, memoryBytes, swapBytes)
  }
  // A copy is made to measure: an array that has grown has room for as much again.
  return { source, names: shared(ordered), numbers: numbers.slice() }
}

/**
 * What a node's next record leaves of what the last one said of a pod. After the store was emptied another shard may write
 * the record, with points and no usage yet: the last usage stands, while no container has started since.
 */
export function successor(before: Candidate, after: Candidate): Candidate {
  const startMs = numberOf(after, place.startMs)
  const isBare = expiresMsOf(after) === 0 && startMs > 0 && startMs === numberOf(before, place.startMs)
  return isBare ? { ...before, source: after.source } : after
}

const none: readonly string[] = []
/** Pods have few sets of containers; should it be otherwise, some are kept twice. */
const knownNames = new Map<string, readonly string[]>()
const mostKnown = 10_000

function shared(containers: readonly ContainerRecord[]): readonly string[] {
  const text = containers.map(({ name }) => name).join('/')
  const known = knownNames.get(text)
  if (known?.length === containers.length && known.every((name, at) => name === containers[at]?.name))
    return known
  if (knownNames.size >= mostKnown) knownNames.clear()
  const names = containers.map(({ name }) => name)
  knownNames.set(text, names)
  return names
}

/** Its usage is of an earlier life of the container than the record has seen. */
function isHeld(container: ContainerRecord): boolean {
  const { usage, absent } = container
  return usage !== undefined && (absent === true || usage.timestampMs < startOf(container))
}

function earlier(a: ContainerRecord, b: ContainerRecord): ContainerRecord {
  return (b.usage?.timestampMs ?? 0) < (a.usage?.timestampMs ?? 0) ? b : a
}

function startOf(container: ContainerRecord): number {
  return container.startMs ?? container.base?.startMs ?? 0
}

export function itemUsage(usage: ItemUsage): ItemUsage {
  const { cpuNanocores, memoryBytes, swapBytes } = usage
  return swapBytes === undefined ? { cpuNanocores, memoryBytes } : { cpuNanocores, memoryBytes, swapBytes }
}

/**
 * Which record speaks for the pod: the one with the latest container start, then one that has usage of all containers
 * (a kubelet that tells of another node's pods has none at first), then the latest scrape; where starts are missing,
 * the latest scrape. None where each belongs to an earlier pod of the name, or to no known node.
 * @param createdMs creationTimestamp of the Pod object; 0: not known.
 */
export function choose(candidates: readonly Candidate[], createdMs: number): Candidate | undefined {
  const standing = candidates.filter((candidate) => {
    const startMs = numberOf(candidate, place.startMs)
    const isEarlier = startMs !== 0 && startMs < createdMs - earlierMs
    return candidate.source.live && !isEarlier && numberOf(candidate, place.heldMs) >= createdMs + secondMs
  })
  if (standing.length < 2) return standing[0]
  const byStart = standing.every((each) => numberOf(each, place.startMs) > 0)
  return standing.reduce((best, each) => (outranks(each, best, byStart) ? each : best))
}

function outranks(a: Candidate, b: Candidate, byStart: boolean): boolean {
  const [aStartMs, bStartMs] = [numberOf(a, place.startMs), numberOf(b, place.startMs)]
  if (byStart && aStartMs !== bStartMs) return aStartMs > bStartMs
  const aHasUsage = expiresMsOf(a) > 0
  if (byStart && aHasUsage !== expiresMsOf(b) > 0) return aHasUsage
  if (a.source.atMs !== b.source.atMs) return a.source.atMs > b.source.atMs
  return a.source.node > b.source.node
}

/** Whether both would be rendered alike, labels aside. */
export function sameSample(a: Candidate, b: Candidate): boolean {
  if (a.numbers.length !== b.numbers.length) return false
  for (let at: number = place.timestampMs; at < a.numbers.length; at++) {
    if (a.numbers[at] !== b.numbers[at]) return false
  }
  return a.names === b.names || a.names.every((name, at) => name === b.names[at])
}

export function sameUsage(a: ItemUsage, b: ItemUsage): boolean {
  return a.cpuNanocores === b.cpuNanocores && a.memoryBytes === b.memoryBytes && a.swapBytes === b.swapBytes
}

export function podItem(namespace: string, name: string, labels: Labels, candidate: Candidate): PodItem {
  const containers = candidate.names.map((name, index) => ({ name, usage: usageAt(candidate, index) }))
  const timestampMs = numberOf(candidate, place.timestampMs)
  return { namespace, name, labels, timestampMs, windowMs: numberOf(candidate, place.windowMs), containers }
}

function usageAt(candidate: Candidate, index: number): ItemUsage {
  const at = place.containers + 3 * index
  const [cpuNanocores, memoryBytes] = [numberOf(candidate, at), numberOf(candidate, at + 1)]
  const swapBytes = numberOf(candidate, at + 2)
  return swapBytes === absent ? { cpuNanocores, memoryBytes } : { cpuNanocores, memoryBytes, swapBytes }
}
