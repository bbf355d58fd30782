import type { SampleStore } from '@metrics-ring/common/store/store'
import type { NodeReading } from './picture.ts'

/** Reasons asked for at a time; of more nodes than that only the states are known. */
const mostReasons = 1_000

/** What the store says of these nodes. Rejects when it does not answer. */
export async function readNodes(
  store: Pick<SampleStore, 'freshness' | 'failures'>,
  nodes: readonly string[],
  intervalMs: number,
): Promise<NodeReading[]> {
  const freshness = await store.freshness(nodes)
  const readings: NodeReading[] = nodes.map((node) => {
    const { atMs, by, tookMs } = freshness.get(node) ?? { atMs: 0, by: '', tookMs: 0 }
    return { node, atMs, by, tookMs }
  })
  // A commit counts as an attempt too: only a later one can have failed.
  const suspects = readings.filter(({ node, atMs, tookMs }) => {
    const triedMs = freshness.get(node)?.triedMs
    return triedMs !== undefined && triedMs > atMs + tookMs + intervalMs / 3
  })
  const failures = await store.failures(suspects.slice(0, mostReasons).map(({ node }) => node))
  for (const reading of suspects) {
    const failure = failures.get(reading.node)
    if (failure && failure.atMs > reading.atMs) reading.failure = failure
  }
  return readings
}
