import type { FailedTry } from '@metrics-ring/common/store/store'

/** What the store says of one node; times of the shared clock, milliseconds. */
export type NodeReading = {
  node: string
  /** When its last scrape was sent; 0: it never was. */
  atMs: number
  /** The shard that scraped it; empty: nobody did. */
  by: string
  tookMs: number
  /** Why it has not been scraped since; undefined: no scrape after the last good one failed. */
  failure?: FailedTry
}

export type ShardPicture = {
  shard: string
  /** Nodes that it was the last to scrape: its part of the ring. */
  nodes: number
  /** Of these, not scraped within two intervals. */
  late: number
  /** Nodes whose last attempt was its own and failed. */
  failing: number
  /** Since its last attempt, milliseconds. */
  quietMs: number
  /** Nothing was heard of it for so long that others are about to cover its nodes. */
  silent: boolean
}

/** The ring as the records show it, without a look at the Leases. */
export type Picture = {
  /** By name. */
  shards: ShardPicture[]
  nodes: number
  late: number
  failing: number
  never: number
  /** Undefined: no node was ever scraped. */
  greatestAgeMs: number | undefined
  /** Nodes that fail, then the longest unscraped. */
  worst: NodeReading[]
}

/** In intervals: a node is late, a shard is silent (ring.md section 6: the first rung acts then). */
const lateAfter = 2
const silentAfter = 4 / 3

/** Pure. */
export function drawPicture(
  readings: readonly NodeReading[],
  { nowMs, intervalMs, worst }: { nowMs: number; intervalMs: number; worst: number },
): Picture {
  const shards = new Map<string, ShardPicture>()
  const shardOf = (shard: string) => {
    const known = shards.get(shard)
    if (known) return known
    const fresh = { shard, nodes: 0, late: 0, failing: 0, quietMs: Number.POSITIVE_INFINITY, silent: false }
    shards.set(shard, fresh)
    return fresh
  }
  const heard = (shard: ShardPicture, endedMs: number) => {
    shard.quietMs = Math.min(shard.quietMs, Math.max(0, nowMs - endedMs))
  }
  const total = { late: 0, failing: 0, never: 0, greatestAgeMs: undefined as number | undefined }
  for (const { atMs, by, tookMs, failure } of readings) {
    const isLate = nowMs - atMs > lateAfter * intervalMs
    if (isLate) total.late++
    if (atMs === 0) total.never++
    else {
      const shard = shardOf(by)
      shard.nodes++
      if (isLate) shard.late++
      heard(shard, atMs + tookMs)
      total.greatestAgeMs = Math.max(total.greatestAgeMs ?? 0, nowMs - atMs)
    }
    if (failure) {
      const shard = shardOf(failure.by)
      shard.failing++
      total.failing++
      heard(shard, failure.atMs)
    }
  }
  for (const shard of shards.values()) shard.silent = shard.quietMs > silentAfter * intervalMs
  return {
    shards: [...shards.values()].sort((a, b) => (a.shard < b.shard ? -1 : 1)),
    nodes: readings.length,
    ...total,
    worst: worstOf(readings, worst),
  }
}

/** Those that fail first: of them there is a reason to tell. Among them, and after them, the longest unscraped first. */
function worstOf(readings: readonly NodeReading[], limit: number): NodeReading[] {
  const order = (a: NodeReading, b: NodeReading) =>
    Number(!a.failure) - Number(!b.failure) || a.atMs - b.atMs || (a.node < b.node ? -1 : 1)
  const worst: NodeReading[] = []
  // A sort of all would cost twenty times as much.
  for (const reading of readings) {
    const last = worst[limit - 1]
    if (last && order(reading, last) > 0) continue
    worst.push(reading)
    worst.sort(order)
    worst.length = Math.min(worst.length, limit)
  }
  return worst
}
