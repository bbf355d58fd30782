import { place as of, startOf, stride } from '@metrics-ring/common/record/record'
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
 * What one record says of one pod, as its node's last scrape left it. There is one of every pod of the cluster: all numbers
 * of a record are in one array, outside of the heap.
 */
export type Candidate = {
  readonly source: Source
  /** Of the containers, in byte order. Equal lists are one: never write to it. */
  names: readonly string[]
  /**
   * From `at` on those of this pod: see `place`; behind them `cpuNanocores`, `memoryBytes` and `swapBytes` (or `absent`) of
   * each container.
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

/** How many numbers there are of a pod of so many containers. */
export const roomOf = (containers: number): number => place.containers + ofContainer * containers

const numberOf = ({ numbers, at }: Candidate, which: number) => numbers[at + which] as number

/** When the kubelet says that its containers were measured, the earliest; milliseconds since the epoch. */
export const sampleMs = (candidate: Candidate): number => numberOf(candidate, place.timestampMs)

export const expiresMsOf = (candidate: Candidate): number => numberOf(candidate, place.expiresMs)

/** A pod whose containers all started this long before the Pod object was created is an earlier one, milliseconds. */
const earlierMs = 10_000
/** creationTimestamp is truncated to it, milliseconds. */
const secondMs = 1_000

/** It says nothing yet: see `restate`. */
export function newCandidate(source: Source): Candidate {
  return { source, names: none, numbers: noNumbers, at: 0 }
}

/** What a record says of a pod: its containers' names, and their numbers, as in a record's body, from `from` on. */
export type Said = { containers: readonly string[]; numbers: Float64Array; from: number }

/**
 * Makes the candidate say what its record says now, at `at` of `numbers`: there where it stood, or elsewhere.
 * After the store was emptied another shard may write the record, with bases and no usage yet: the last usage stands, while
 * no container has started since.
 * @param servedMs how long after its scrape a usage is served.
 * @returns false: what was rendered of it, labels aside, is as it was.
 */
export function restate(
  candidate: Candidate,
  said: Said,
  servedMs: number,
  numbers: Float64Array,
  at: number,
): boolean {
  const { startMs, heldMs, atMs, earliest } = lifeOf(said)
  const isBare = atMs === Number.NEGATIVE_INFINITY
  if (isBare && startMs > 0 && startMs === numberOf(candidate, place.startMs)) {
    standStill(candidate, numbers, at)
    return false
  }
  const names = inByteOrder(said.containers, candidate.names)
  const { numbers: was, at: wasAt } = candidate
  let differs = names !== candidate.names
  candidate.names = names
  candidate.numbers = numbers
  candidate.at = at
  numbers[at + place.startMs] = startMs
  numbers[at + place.heldMs] = heldMs
  // Without a usage of each container there is nothing to serve.
  numbers[at + place.expiresMs] = isBare ? 0 : atMs + servedMs
  if (isBare) return true
  const put = (which: number, value: number) => {
    const isOther = was[wasAt + which] !== value
    numbers[at + which] = value
    return isOther
  }
  if (put(place.timestampMs, said.numbers[earliest + of.usageTimestamp] as number)) differs = true
  if (put(place.windowMs, said.numbers[earliest + of.usageWindow] as number)) differs = true
  for (let index = 0; index < names.length; index++) {
    const from = placeIn(said, names[index] as string, index)
    const to = place.containers + ofContainer * index
    const swapBytes = said.numbers[from + of.usageSwap] as number
    if (put(to, said.numbers[from + of.usageCpu] as number)) differs = true
    if (put(to + 1, said.numbers[from + of.usageMemory] as number)) differs = true
    if (put(to + 2, Number.isNaN(swapBytes) ? absent : swapBytes)) differs = true
  }
  return differs
}

/** Of all its containers: the greatest start, the oldest usage of an earlier life, the oldest usage, and where the earliest is. */
function lifeOf({ containers, numbers, from }: Said) {
  let startMs = 0
  let heldMs = Number.POSITIVE_INFINITY
  let atMs = containers.length === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  let earliest = from
  for (let index = 0, at = from; index < containers.length; index++, at += stride) {
    const timestampMs = numbers[at + of.usageTimestamp] as number
    const ownStartMs = startOf(numbers, at)
    if (ownStartMs > startMs) startMs = ownStartMs
    if (Number.isNaN(timestampMs)) {
      atMs = Number.NEGATIVE_INFINITY
      continue
    }
    const usageAtMs = numbers[at + of.usageAt] as number
    if (usageAtMs < atMs) atMs = usageAtMs
    // Its usage is of an earlier life of the container than the record has seen.
    const isHeld = numbers[at + of.absent] === 1 || timestampMs < ownStartMs
    if (isHeld && usageAtMs < heldMs) heldMs = usageAtMs
    if (timestampMs < (numbers[earliest + of.usageTimestamp] as number)) earliest = at
  }
  return { startMs, heldMs, atMs, earliest }
}

/** What it says stays, but where it stood may be written to: for whoever stands there, or for nobody. */
function standStill(candidate: Candidate, numbers: Float64Array, at: number): void {
  if (candidate.numbers === numbers && candidate.at === at) return
  candidate.numbers = candidate.numbers.slice(candidate.at, candidate.at + roomOf(candidate.names.length))
  candidate.at = 0
}

/** Where the container's numbers are; where kubelets list containers in byte order, it is the one of that index. */
function placeIn({ containers, from }: Said, name: string, index: number): number {
  const own = containers[index] === name ? index : containers.indexOf(name)
  return from + stride * own
}

const none: readonly string[] = []
const noNumbers = new Float64Array(0)
/** Pods have few sets of containers; should it be otherwise, some are kept twice. */
const knownNames = new Map<string, readonly string[]>()
const mostKnown = 10_000

/** The names in byte order: `like` itself, or what other pods have, where those are the same. */
function inByteOrder(containers: readonly string[], like: readonly string[]): readonly string[] {
  if (sameTexts(containers, like)) return like
  const names = containers.toSorted()
  if (sameTexts(names, like)) return like
  const text = names.join('/')
  const known = knownNames.get(text)
  if (known && sameTexts(names, known)) return known
  if (knownNames.size >= mostKnown) knownNames.clear()
  knownNames.set(text, names)
  return names
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
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
