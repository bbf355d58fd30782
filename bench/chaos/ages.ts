import { realClock } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import type { SampleStore } from '@metrics-ring/common/store/store'

/** The store looked at this often in an interval. A record's age is greatest just before the next replaces it. */
const looksPerInterval = 15

export type AgeWatch = {
  reset(): void
  /** Greatest age of a record since the reset, and of which node; milliseconds. */
  greatest(): { ageMs: number; node: string }
  stop(): void
}

/** Watches how old the records of these nodes get: the time between two of a node's scrapes that were stored. */
export function watchAges(
  store: Pick<SampleStore, 'freshness'>,
  nodes: () => string[],
  intervalMs: number,
): AgeWatch {
  const lastAtMs = new Map<string, number>()
  let greatest = { ageMs: 0, node: '' }
  const note = (node: string, ageMs: number) => {
    if (ageMs > greatest.ageMs) greatest = { ageMs, node }
  }
  async function look() {
    const names = nodes()
    for (const [node, { atMs }] of await store.freshness(names)) {
      const before = lastAtMs.get(node)
      if (atMs === 0 || atMs === before) continue
      if (before !== undefined) note(node, atMs - before)
      lastAtMs.set(node, atMs)
    }
    const known = new Set(names)
    for (const node of lastAtMs.keys()) if (!known.has(node)) lastAtMs.delete(node)
  }
  // An emptied or absent store says nothing: the ages go on from what was seen last.
  const periodMs = () => intervalMs / looksPerInterval
  const stop = every({ clock: realClock, periodMs, run: look, onError: () => {} })
  return {
    reset: () => {
      greatest = { ageMs: 0, node: '' }
    },
    greatest() {
      const nowMs = Date.now()
      for (const [node, atMs] of lastAtMs) note(node, nowMs - atMs)
      return greatest
    },
    stop,
  }
}
