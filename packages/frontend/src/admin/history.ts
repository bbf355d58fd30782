import type { HistoryRow } from './message.ts'
import { createDurations, type Durations } from './percentile.ts'
import type { NodeReading } from './picture.ts'

/** Width of a bucket, and how many are kept: the last ten minutes. */
export const bucketMs = 5_000
const mostBuckets = 120

type Bucket = {
  index: number
  scrapes: number
  failures: number
  durations: Durations
  greatestAgeMs: number | null
  completeness: number | null
}

/**
 * What happened in the last minutes, in buckets of the shared clock. A scrape counts when it was sent, a failure when it
 * ended: whoever reads the store once an interval or more often counts each of them once.
 */
export function createHistory() {
  const buckets = new Map<number, Bucket>()
  const lastAtMs = new Map<string, number>()
  const lastFailureMs = new Map<string, number>()
  let firstIndex: number | undefined

  function bucketOf(timeMs: number): Bucket | undefined {
    const index = Math.floor(timeMs / bucketMs)
    firstIndex ??= index
    // Scrapes from before we looked would be a part of what happened then.
    if (index < firstIndex) return undefined
    const known = buckets.get(index)
    if (known) return known
    const bucket: Bucket = {
      index,
      scrapes: 0,
      failures: 0,
      durations: createDurations(),
      greatestAgeMs: null,
      completeness: null,
    }
    buckets.set(index, bucket)
    return bucket
  }
  function count({ node, atMs, failure }: NodeReading) {
    if (atMs > 0 && lastAtMs.get(node) !== atMs) {
      const bucket = bucketOf(atMs)
      if (bucket) bucket.scrapes++
      lastAtMs.set(node, atMs)
    }
    if (failure && lastFailureMs.get(node) !== failure.atMs) {
      const bucket = bucketOf(failure.atMs)
      if (bucket) bucket.failures++
      lastFailureMs.set(node, failure.atMs)
    }
  }
  function forget(readings: readonly NodeReading[], nowMs: number) {
    if (lastAtMs.size > readings.length) {
      const nodes = new Set(readings.map(({ node }) => node))
      for (const last of [lastAtMs, lastFailureMs])
        for (const node of last.keys()) if (!nodes.has(node)) last.delete(node)
    }
    const oldest = Math.floor(nowMs / bucketMs) - mostBuckets
    for (const index of buckets.keys()) if (index <= oldest) buckets.delete(index)
  }
  return {
    /** A request for metrics was answered. */
    answered(tookMs: number, nowMs: number) {
      bucketOf(nowMs)?.durations.add(tookMs)
    },
    /** All nodes, as read at `nowMs`. */
    read(
      readings: readonly NodeReading[],
      now: { greatestAgeMs: number | null; completeness: number | null },
      nowMs: number,
    ) {
      const bucket = bucketOf(nowMs)
      if (bucket) Object.assign(bucket, now)
      for (const reading of readings) count(reading)
      forget(readings, nowMs)
    },
    /** In order of time; `sinceMs`: from the bucket of that time on. */
    rows(sinceMs = 0): HistoryRow[] {
      const from = Math.floor(sinceMs / bucketMs)
      return [...buckets.values()]
        .filter(({ index }) => index >= from)
        .sort((a, b) => a.index - b.index)
        .map(rowOf)
    },
  }
}

function rowOf({ index, scrapes, failures, durations, greatestAgeMs, completeness }: Bucket): HistoryRow {
  const seconds = bucketMs / 1000
  return [
    index * seconds,
    scrapes / seconds,
    failures / seconds,
    durations.percentile(0.5),
    durations.percentile(0.99),
    durations.count() / seconds,
    greatestAgeMs,
    completeness,
  ]
}
