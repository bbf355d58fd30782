import type { Clock } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import type { Freshness, SampleStore } from '@metrics-ring/common/store/store'
import { cover, coverAfterMs, rungOf } from './ladder.ts'
import type { Times } from './times.ts'

export type CoverDeps = {
  clock: Clock
  times: Times
  /** The shared clock, milliseconds. */
  now: () => number
  store: Pick<SampleStore, 'overdue'>
  self: string
  /** All nodes there are. */
  names: () => Iterable<string>
  /** Of a node: who may cover it, in order, and who owns it; undefined where that is no question (not a target, ours already). */
  candidates: (node: string) => { preference: Iterable<string>; owner: string | undefined } | undefined
  /** Scrapes the node and adopts it; resolves when the scrape is over. */
  adopt: (node: string) => Promise<void>
  /** How many scrapes may be under way for this at once. */
  mostAtOnce: () => number
  /** After each look: how many nodes nobody has scraped, or tried to, for two intervals. */
  onUnowned: (count: number) => void
  onError: (error: unknown) => void
}

/** Asks the store for overdue nodes and acts where the ladder says that it is our turn, the oldest first. */
export function startCover(deps: CoverDeps) {
  const { clock, times, store } = deps
  const memory = createMemory(deps)
  let queue: string[] = []
  let running = 0

  function pump() {
    while (running < deps.mostAtOnce()) {
      const node = queue.shift()
      if (node === undefined) return
      running++
      void deps.adopt(node).finally(() => {
        running--
        pump()
      })
    }
  }
  async function look() {
    const { epoch, nodes } = await store
      .overdue(coverAfterMs(1, 0, times), memory.unseen())
      .catch((error: unknown) => {
        memory.lost()
        throw error
      })
    memory.learn(epoch, nodes)
    const due: { node: string; ageMs: number }[] = []
    let unowned = 0
    for (const [node, last] of nodes) {
      if (memory.isUnowned(node, last)) unowned++
      const ageMs = memory.due(node, last)
      if (ageMs !== undefined) due.push({ node, ageMs })
    }
    deps.onUnowned(unowned)
    // What waited in the queue is in this answer again, unless somebody has scraped it meanwhile.
    queue = due.sort((a, b) => b.ageMs - a.ageMs).map(({ node }) => node)
    pump()
  }
  return every({ clock, periodMs: () => times.ladderMs, run: look, onError: deps.onError })
}

/** What must be remembered between two looks, of the nodes there are. Times of the monotonic clock. */
function createMemory({ clock, times, now, self, names, candidates }: CoverDeps) {
  let epoch: string | undefined
  /** Nodes that the store's index holds: it will name them when they are overdue. */
  let seen = new Set<string>()
  let targets: ReadonlySet<string> = seen
  const absentSinceMs = new Map<string, number>()
  const probedAtMs = new Map<string, number>()
  let offsetMs = now() - clock.mono()
  /** The store did not answer, or by another clock, before: what was scraped then may not have reached it. */
  let sinceMs = Number.NEGATIVE_INFINITY
  let isLost = false

  function ageOf(node: string, { atMs }: Freshness): number {
    if (atMs > 0) absentSinceMs.delete(node)
    else if (!absentSinceMs.has(node)) absentSinceMs.set(node, clock.mono())
    const absent = absentSinceMs.get(node)
    return Math.min(absent === undefined ? now() - atMs : clock.mono() - absent, clock.mono() - sinceMs)
  }
  return {
    unseen: () => [...names()].filter((node) => !seen.has(node)),
    lost() {
      isLost = true
    },
    learn(current: string, overdue: ReadonlyMap<string, unknown>) {
      const nextOffsetMs = now() - clock.mono()
      targets = new Set(names())
      seen = new Set(targets)
      // At our first look most nodes are overdue: the store was away before we came, or is empty.
      if (epoch === undefined && 2 * overdue.size > seen.size) isLost = true
      // Less is no step of the clock, and too little to take a node that is scraped for an overdue one.
      const hasStepped = Math.abs(nextOffsetMs - offsetMs) > times.rungMs / 2
      if (isLost || hasStepped) sinceMs = clock.mono()
      isLost = false
      offsetMs = nextOffsetMs
      if (epoch !== undefined && epoch !== current) seen.clear()
      epoch = current
      for (const node of overdue.keys()) seen.delete(node)
      for (const node of absentSinceMs.keys())
        if (seen.has(node) || !targets.has(node)) absentSinceMs.delete(node)
      for (const node of probedAtMs.keys()) if (!targets.has(node)) probedAtMs.delete(node)
    },
    /** Nodes that are none (any more) are not asked about: the store may still know them. */
    isUnowned(node: string, last: Freshness): boolean {
      if (!targets.has(node)) return false
      const mostMs = 2 * times.intervalMs
      return ageOf(node, last) > mostMs && (last.triedMs === undefined || now() - last.triedMs > mostMs)
    },
    /** The node's age if it is our turn to cover it. */
    due(node: string, last: Freshness): number | undefined {
      const known = candidates(node)
      const rung = known && rungOf(known.preference, known.owner, self)
      if (rung === undefined) return undefined
      const ageMs = ageOf(node, last)
      const triedMs = last.triedMs === undefined ? undefined : now() - last.triedMs
      const probed = probedAtMs.get(node)
      const probedMs = probed === undefined ? undefined : clock.mono() - probed
      const verdict = cover({ ageMs, triedMs, tookMs: last.tookMs, rung, probedMs }, times)
      if (verdict === 'probe') probedAtMs.set(node, clock.mono())
      return verdict === 'wait' ? undefined : ageMs
    },
  }
}
