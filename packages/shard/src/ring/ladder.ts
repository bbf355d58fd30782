import type { Times } from './times.ts'

/**
 * The freshness ladder: who scrapes a node that its owner leaves alone, and when. It needs the store only, so a crash
 * is covered before the API server tells of it, and also while there is no API server. Pure.
 *
 *   age of the node's last scrape
 *   0 ─────────────── W ─────────── W+c ────────── W+c+5s ─────── …          c = max(5 s, 1.5 · took)
 *     the owner's turn   (patience)  │ rung 1 acts   │ rung 2 acts
 *
 * - The rungs are the members in the order of the node's preference (common/ring.ts: the order in which they would
 *   own it), its owner left out: each waits until the one before it must have acted. Times are those of W = 15 s.
 * - The c above: a scrape under way is not seen in the store before it is over, so patience grows with what it took.
 * - To act is to scrape at once and to adopt the node (claims.ts), so that the next interval is on phase again.
 * - Somebody tries and fails: the kubelet's fault, or the route of who tries. Rung 1 alone tries too, now and then.
 * - What the store does not know is as old as we have known that; ages begin anew when the store comes back or its
 *   clock steps. So neither new nodes, an emptied store nor an outage of the store sends everybody at once.
 */

/** A node that the store calls overdue; durations in milliseconds by our own clock. */
export type OverdueNode = {
  /** Since its last scrape was sent, as far as we may count. */
  ageMs: number
  /** Since anybody last tried; undefined: nobody did. */
  triedMs: number | undefined
  /** What its last scrape took. */
  tookMs: number
  /** This shard's place among those who may cover it, from 1. */
  rung: number
  /** Since we last acted where others tried and failed. */
  probedMs: number | undefined
}

/** In intervals: how often rung 1 tries what others try in vain. */
const probeEvery = 4

/**
 * This shard's rung for a node, from 1; undefined: it is no member and covers nothing.
 * The owner itself (it gave the node up, or never got to it) is on rung 1.
 */
export function rungOf(
  preference: Iterable<string>,
  owner: string | undefined,
  self: string,
): number | undefined {
  let rung = 1
  for (const member of preference) {
    if (member === self) return owner === self ? 1 : rung
    if (member !== owner) rung++
  }
  return undefined
}

/** The age at which a rung acts, milliseconds. */
export function coverAfterMs(rung: number, tookMs: number, times: Times): number {
  return times.intervalMs + Math.max(times.rungMs, 1.5 * tookMs) + times.rungMs * (rung - 1)
}

/** `probe`: cover it, and remember that others tried in vain. */
export function cover(node: OverdueNode, times: Times): 'wait' | 'adopt' | 'probe' {
  if (node.ageMs < coverAfterMs(node.rung, node.tookMs, times)) return 'wait'
  const othersTry = node.triedMs !== undefined && node.triedMs < coverAfterMs(1, node.tookMs, times)
  if (!othersTry) return 'adopt'
  const isProbed = node.probedMs !== undefined && node.probedMs < probeEvery * times.intervalMs
  return node.rung === 1 && !isProbed ? 'probe' : 'wait'
}
