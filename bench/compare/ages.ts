import { readFileSync } from 'node:fs'

/** How old the samples of some pods were, milliseconds. */
export type Ages = { samples: number; meanMs: number; p50Ms: number; p99Ms: number; mostMs: number }

const binMs = 10
const bins = 30_000

/** Counts ages (now − timestamp) of pods by the kubelet process that their node belongs to. */
export function createAgeCounter(podsFile: string) {
  const groups = JSON.parse(readFileSync(podsFile, 'utf8')) as string[][]
  const groupOf = new Map(groups.flatMap((keys, group) => keys.map((key) => [key, group] as const)))
  const histograms = groups.map(() => new Uint32Array(bins))
  return {
    /** The body of a list of PodMetrics, as JSON. */
    count(body: string, nowMs: number): void {
      const { items } = JSON.parse(body) as {
        items: { metadata: { namespace: string; name: string }; timestamp: string }[]
      }
      for (const { metadata, timestamp } of items) {
        const histogram = histograms[groupOf.get(`${metadata.namespace}/${metadata.name}`) ?? -1]
        const bin = Math.min(bins - 1, Math.max(0, Math.floor((nowMs - Date.parse(timestamp)) / binMs)))
        if (histogram) histogram[bin] = (histogram[bin] ?? 0) + 1
      }
    },
    /** Of each group. */
    ages: (): Ages[] => histograms.map(summary),
  }
}

function summary(histogram: Uint32Array): Ages {
  const samples = histogram.reduce((sum, count) => sum + count, 0)
  const atShare = (share: number) => {
    let left = share * samples
    return (
      binMs *
      histogram.findIndex((count) => {
        left -= count
        return left < 0
      })
    )
  }
  const meanMs = histogram.reduce((sum, count, bin) => sum + count * (bin + 0.5) * binMs, 0) / samples
  return {
    samples,
    meanMs,
    p50Ms: atShare(0.5),
    p99Ms: atShare(0.99),
    mostMs: binMs * histogram.findLastIndex((count) => count > 0),
  }
}
