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
 * What one record says of one pod. There is one of every pod of the cluster: all numbers of a record are in one array,
 * outside of the heap.
 */
export type Candidate = {
  source: Source
  /** Of the containers, in byte order. Equal lists are one: never write to it. */
  names: readonly string[]
  /**
   * From `at` on those of this pod: see `place`; behind them `cpuNanocores`, `memoryBytes` and `swapBytes` (or `absent`) of
   * each container. Never write to it.
   */
  numbers: Float64Array
  at: number
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
const ofContainer = 3

/** How many numbers there are of a pod. */
export function roomOf({ containers }: PodRecord): number {
  return place.containers + ofContainer * containers.length
}

/** Room for what a record says of these pods. */
export function roomFor(pods: readonly PodRecord[]): Float64Array {
  return new Float64Array(pods.reduce((sum, pod) => sum + roomOf(pod), 0))
}

const numberOf = ({ numbers, at }: Candidate, which: number) => numbers[at + which] as number

/** When the kubelet says that its containers were measured, the earliest; milliseconds since the epoch. */
export const sampleMs = (candidate: Candidate): number => numberOf(candidate, place.timestampMs)

export const expiresMsOf = (candidate: Candidate): number => numberOf(candidate, place.expiresMs)

/** A pod whose containers all started this long before the Pod object was created is an earlier one, milliseconds. */
const earlierMs = 10_000
/** creationTimestamp is truncated to it, milliseconds. */
const secondMs = 1_000

/**
 * Puts what the record says of the pod at `at` of `numbers`.
 * @param servedMs how long after its scrape a usage is served.
 * @param like names that are probably the same.
 */
export function candidateOf(
  pod: PodRecord,
  source: Source,
  servedMs: number,
  numbers: Float64Array,
  at: number,
  like: readonly string[] = none,
): Candidate {
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
  numbers[at + place.startMs] = startMs
  numbers[at + place.heldMs] = heldMs
  // Without a usage of each container there is nothing to serve, and nothing is kept of it.
  if (earliest === undefined || atMs === Number.NEGATIVE_INFINITY) return { source, names: none, numbers, at }
  numbers[at + place.expiresMs] = atMs + servedMs
  numbers[at + place.timestampMs] = earliest.timestampMs
  numbers[at + place.windowMs] = earliest.windowMs
  const ordered = inByteOrder(containers)
  let to = at + place.containers
  for (const { usage } of ordered) {
    const { cpuNanocores, memoryBytes, swapBytes = absent } = usage as Usage
    numbers[to] = cpuNanocores
    numbers[to + 1] = memoryBytes
    numbers[to + 2] = swapBytes
    to += ofContainer
  }
  return { source, names: isNamed(ordered, like) ? like : shared(ordered), numbers, at }
}

function inByteOrder(containers: readonly ContainerRecord[]): readonly ContainerRecord[] {
  for (let i = 1; i < containers.length; i++) {
    if ((containers[i - 1] as ContainerRecord).name > (containers[i] as ContainerRecord).name) {
      return containers.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    }
  }
  return containers
}

/**
 * What a node's next record leaves of what the last one said of a pod. After the store was emptied another shard may write
 * the record, with points and no usage yet: the last usage stands, while no container has started since.
 */
export function successor(before: Candidate, after: Candidate): Candidate {
  const startMs = numberOf(after, place.startMs)
  const isBare = expiresMsOf(after) === 0 && startMs > 0 && startMs === numberOf(before, place.startMs)
  if (!isBare) return after
  // Of its own: the rest of that record is not wanted any more.
  const { names, numbers, at } = before
  const end = at + place.containers + ofContainer * names.length
  return { source: after.source, names, numbers: numbers.slice(at, end), at: 0 }
}

const none: readonly string[] = []
/** Pods have few sets of containers; should it be otherwise, some are kept twice. */
const knownNames = new Map<string, readonly string[]>()
const mostKnown = 10_000

function shared(containers: readonly ContainerRecord[]): readonly string[] {
  const text = containers.map(({ name }) => name).join('/')
  const known = knownNames.get(text)
  if (known && isNamed(containers, known)) return known
  if (knownNames.size >= mostKnown) knownNames.clear()
  const names = containers.map(({ name }) => name)
  knownNames.set(text, names)
  return names
}

function isNamed(containers: readonly ContainerRecord[], names: readonly string[]): boolean {
  return names.length === containers.length && names.every((name, at) => name === containers[at]?.name)
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
  const [only] = candidates
  if (only && candidates.length === 1) return stands(only, createdMs) ? only : undefined
  const standing = candidates.filter((candidate) => stands(candidate, createdMs))
  if (standing.length < 2) return standing[0]
  const byStart = standing.every((each) => numberOf(each, place.startMs) > 0)
  return standing.reduce((best, each) => (outranks(each, best, byStart) ? each : best))
}

/** It belongs to a known node, and to this pod, not to an earlier one of the name. */
function stands(candidate: Candidate, createdMs: number): boolean {
  const startMs = numberOf(candidate, place.startMs)
  const isEarlier = startMs !== 0 && startMs < createdMs - earlierMs
  return candidate.source.live && !isEarlier && numberOf(candidate, place.heldMs) >= createdMs + secondMs
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
  if (a.names.length !== b.names.length) return false
  const end = place.containers + ofContainer * a.names.length
  for (let at: number = place.timestampMs; at < end; at++)
    if (numberOf(a, at) !== numberOf(b, at)) return false
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
  const at = place.containers + ofContainer * index
  const [cpuNanocores, memoryBytes] = [numberOf(candidate, at), numberOf(candidate, at + 1)]
  const swapBytes = numberOf(candidate, at + 2)
  return swapBytes === absent ? { cpuNanocores, memoryBytes } : { cpuNanocores, memoryBytes, swapBytes }
}
