/** Counting at the kubelets, pure. Times in milliseconds. */
export type NodeScrapes = {
  /** When requests arrived, ascending, from an interval and more before the window on. */
  atMs: readonly number[]
  /** Node and kubelet are there since. */
  sinceMs: number
}

export type Window = { fromMs: number; toMs: number; intervalMs: number }

export type ScrapeCount = {
  /** Slots missed: a gap that exceeds 1.5 W has missed at least one. */
  missed: number
  /** Of the node that missed most. */
  mostMissed: number
  /** Scrapes that came less than W/2 after the one before, in per cent of one per node and interval. */
  extraPercent: number
  /** Between two scrapes of a node. */
  longestGapMs: number
}

export function countScrapes(nodes: readonly NodeScrapes[], window: Window): ScrapeCount {
  const counts = nodes.map((node) => countNode(node, window))
  const due = nodes.map(({ sinceMs }) => window.toMs - Math.max(sinceMs, window.fromMs))
  const slots = sum(due) / window.intervalMs
  return {
    missed: sum(counts.map(({ missed }) => missed)),
    mostMissed: Math.max(0, ...counts.map(({ missed }) => missed)),
    extraPercent: (100 * sum(counts.map(({ extra }) => extra))) / Math.max(1, slots),
    longestGapMs: Math.max(0, ...counts.map(({ longestMs }) => longestMs)),
  }
}

function countNode({ atMs, sinceMs }: NodeScrapes, { fromMs, toMs, intervalMs }: Window) {
  const count = { missed: 0, extra: 0, longestMs: 0 }
  let lastMs = Math.max(sinceMs, fromMs - intervalMs)
  let isFirst = true
  const gap = (ms: number) => {
    count.longestMs = Math.max(count.longestMs, ms)
    if (ms > 1.5 * intervalMs) count.missed += Math.max(1, Math.round(ms / intervalMs) - 1)
  }
  for (const at of atMs) {
    if (at > toMs) break
    if (at >= fromMs) {
      const sinceLastMs = at - lastMs
      gap(sinceLastMs)
      if (!isFirst && sinceLastMs < intervalMs / 2) {
        count.extra++
        // What is extra does not move the rhythm.
        continue
      }
    }
    lastMs = at
    isFirst = false
  }
  gap(toMs - lastMs)
  return count
}

/**
 * Least and most scrapes of any node in any of its own intervals, which begin half an interval before its first scrape in
 * the window: so a scrape that is some milliseconds early or late stays in its interval. Whole ones only.
 */
export function extremes(
  nodes: readonly Pick<NodeScrapes, 'atMs'>[],
  window: Window,
): { least: number; most: number } {
  const counts = nodes.flatMap(({ atMs }) => perOwnInterval(atMs, window))
  return {
    least: counts.reduce((least, count) => Math.min(least, count), Number.POSITIVE_INFINITY),
    most: counts.reduce((most, count) => Math.max(most, count), 0),
  }
}

function perOwnInterval(atMs: readonly number[], { fromMs, toMs, intervalMs }: Window): number[] {
  // Of a node without a scrape in the first interval, that is the first.
  const firstMs = Math.min(atMs.find((at) => at >= fromMs) ?? toMs, fromMs + intervalMs)
  const startMs = firstMs - intervalMs / 2
  const counts = new Array<number>(Math.floor((toMs - startMs) / intervalMs)).fill(0)
  for (const at of atMs) {
    const index = Math.floor((at - startMs) / intervalMs)
    if (at >= fromMs && counts[index] !== undefined) counts[index]++
  }
  return counts
}

/** Scrapes of each node within `[fromMs, toMs)`. */
export function perNode(nodes: readonly NodeScrapes[], fromMs: number, toMs: number): number[] {
  return nodes.map(({ atMs }) => atMs.filter((at) => fromMs <= at && at < toMs).length)
}

export function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0)
}
