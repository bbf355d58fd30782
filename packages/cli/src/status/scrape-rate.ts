import type { Freshness } from '@metrics-ring/common/store/store'

/** Successful scrapes a second between two looks at the store, which must be less than an interval apart. */
export function createScrapeRate() {
  let before: { atMs: number; nodes: ReadonlyMap<string, Freshness> } | undefined
  return {
    /** `storeMs`: when the store was read, by its clock. Undefined at the first look. */
    look(nodes: ReadonlyMap<string, Freshness>, storeMs: number): number | undefined {
      const last = before
      before = { atMs: storeMs, nodes }
      if (!last || storeMs <= last.atMs) return undefined
      let scrapes = 0
      for (const [node, { atMs }] of nodes) if (atMs > (last.nodes.get(node)?.atMs ?? 0)) scrapes++
      return (scrapes * 1000) / (storeMs - last.atMs)
    },
  }
}
