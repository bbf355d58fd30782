import type { PodNames } from './pod-names.ts'

/**
 * What the subjects of one node (itself, and each container) come to; the store keeps it without looking inside. All
 * numbers are in one array outside of the heap: as objects (one or more for every number of every container) they outlived
 * every collection of the young heap and were most of what the collector did (docs/performance.md). Never written to once
 * it is made.
 */
export type RecordBody = {
  readonly pods: readonly PodNames[]
  /** Of the node, then of each container in order, `stride` numbers a subject: see `place`. */
  readonly numbers: Float64Array
}

/** The last moment a Date can hold, milliseconds: no time of a sample is later. */
export const lastDateMs = 8.64e15

/**
 * What is known of a subject: its usage (what two points mean, ready to serve), and its base (the earlier point of the next
 * usage). NaN: there is none; without its timestamp there is no usage, and no base. Times are milliseconds, of samples by the
 * kubelet's clock since the epoch.
 */
export const place = {
  /** Of the later point. */
  usageTimestamp: 0,
  /** Time between the two points, > 0. */
  usageWindow: 1,
  /** Nanocores: an exact non-negative integer. */
  usageCpu: 2,
  /** Working set at the later point, bytes. */
  usageMemory: 3,
  /** Swap at the later point, bytes. */
  usageSwap: 4,
  /** When the scrape that brought the later point was sent, shared clock. Ages are judged by it. */
  usageAt: 5,
  baseTimestamp: 6,
  /** See core-time.ts. */
  baseCpuSeconds: 7,
  baseCpuNanos: 8,
  baseStart: 9,
  /** When the scrape that brought it was sent, shared clock. */
  baseAt: 10,
  /** Start of the latest point, in place of the base where bases are left out (followers do not need them). */
  start: 11,
  /** 1: the latest answer lacked this container; its usage is held for one interval. Else 0. */
  absent: 12,
} as const
export const stride = 13

/** Start of the subject at `at`, milliseconds since the epoch; NaN where none is known. */
export function startOf(numbers: Float64Array, at: number): number {
  const hasBase = !Number.isNaN(numbers[at + place.baseTimestamp])
  const baseStartMs = hasBase ? (numbers[at + place.baseStart] as number) : Number.NaN
  return Number.isNaN(baseStartMs) ? (numbers[at + place.start] as number) : baseStartMs
}

/** Who scraped which node when. */
export type Scrape = {
  /** Node name. */
  node: string
  /** uid of the Node object the shard saw. */
  uid: string
  /** creationTimestamp of that Node, milliseconds since the epoch: tells which of two uids is the later. */
  createdMs: number
  /** When the request was sent, shared clock, milliseconds. The store orders by it alone. */
  atMs: number
  /** Identity of the shard. */
  by: string
  /** How long the kubelet took to answer, milliseconds. */
  tookMs: number
}

/** What the store keeps for a node. */
export type NodeRecord = Scrape & {
  body: RecordBody
  /** Given by the store: greater than every earlier version of any node in this store epoch. */
  version: number
}
