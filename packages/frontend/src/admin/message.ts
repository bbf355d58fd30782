/**
 * What the page is told: everything once (`about` is there), then every two seconds what changed. Nodes and shards are
 * named once and stand as small numbers from then on; times are how long ago, milliseconds before `nowMs`.
 */
export type Message = {
  /** Only in the first message of a connection: forget what you knew. */
  about?: About
  /** The shared clock, milliseconds since the epoch. */
  nowMs: number
  /** Nodes that went; comes before the ones that came, which may get their numbers. */
  gone: number[]
  nodes: [slot: number, name: string][]
  shards: [slot: number, name: string][]
  /** Four numbers a node: its slot, age (-1: never scraped), slot of who scraped it (-1), how long that took. */
  scraped: number[]
  /** Nodes that began to fail, or failed again. */
  failed: [slot: number, ageMs: number, by: string, reason: string][]
  /** Nodes that fail no more. */
  mended: number[]
  ring: RingNow
  /** The latest rows of the history, which replace those of the same time. */
  history: HistoryRow[]
}

/** @property replica host name of the frontend that serves the page, which is its pod. */
export type About = {
  replica: string
  version: string
  intervalMs: number
  maxAgeMs: number
  bucketMs: number
}

export type RingNow = {
  nodes: number
  late: number
  failing: number
  never: number
  /** -1: nothing was ever scraped. */
  greatestAgeMs: number
  podsServed: number
  podsRunning: number
  /** By name; those without nodes are failing to scrape any. */
  shards: { slot: number; nodes: number; late: number; failing: number; quietMs: number; silent: boolean }[]
  /** Slots of nodes, the worst first. */
  worst: number[]
  /** Why the store could not be read; what is shown is as old as it looks. */
  trouble?: string
}

/** One bucket of time; null where there is nothing to say. */
export type HistoryRow = [
  /** Its start by the shared clock, seconds since the epoch. */
  timeS: number,
  /** A second. */
  scrapes: number | null,
  failures: number | null,
  /** Of requests for metrics to this frontend, milliseconds. */
  p50Ms: number | null,
  p99Ms: number | null,
  /** A second. */
  requests: number | null,
  /** Of the longest unscraped node, at the end of the bucket. */
  greatestAgeMs: number | null,
  /** Pods served of those known to run, in [0, 1]. */
  completeness: number | null,
]
