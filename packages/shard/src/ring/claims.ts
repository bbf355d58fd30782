import { aheadMs } from '@metrics-ring/common/store/fence'
import type { Times } from './times.ts'

/**
 * This shard's claim on a node: whether it scrapes it, and why. Pure: claim and event in, claim out.
 *
 * φ is the node's phase: its own moment in every interval, the same for all shards (slots.ts). The store tells of each
 * node when it was last scraped, and by whom. A scrape by another at φ or later is evidence that the other covers the
 * node in this interval, whatever either of us thinks of the ring. A scrape costs little and an interval without one
 * shows, so a node is taken before it is given: for a moment two shards may hold it, and the second one to act looks
 * first, so that it is scraped once all the same.
 *
 *                     the ring gives it to me
 *        ┌──────┐ ─────────────────────────────▶ ┌────────┐  I scraped it   ┌───────┐
 *   ──▶  │ none │                                │ gained │ ──────────────▶ │  own  │
 *        └──────┘ ◀───────┐                      └────────┘                 └───────┘
 *            │            │ evidence: another        │   the ring gives it     │
 *            │ overdue    │ scraped it at ≥ φ        │   to another, or I drain│
 *            ▼            │                          ▼                         ▼
 *        ┌─────────┐      │                      ┌──────────────────────────────┐
 *        │ adopted │ ─────┴───────────────────── │           retained           │
 *        └─────────┘                             └──────────────────────────────┘
 *
 * - own: scraped at its phase φ in every interval, unconditionally.
 * - gained: mine by the ring, but its last owner may not know yet: shortly after φ look at the store; if another has
 *   scraped it in this interval, leave it at that (that one is yet to see me and let go); otherwise scrape it, and it
 *   is own.
 * - retained, adopted: not mine by the ring, covered until another is seen scraping it. A while after φ look at the
 *   store; if another has scraped it in this interval, that is evidence and the node is dropped; otherwise scrape it.
 * - A shadow whose own scrapes fail drops the node when it sees that another has tried since: it covers nothing.
 * - Two shards that both own a node: the store calls a scrape that follows another within a third of an interval a
 *   duplicate (common/store/fence.ts), so the one whose scrape came second sees it. The one later in the node's
 *   preference steps back to gained: by its ring the node is its own, but as long as the other scrapes it, it looks
 *   on. The earlier one scrapes a little before φ for a while, so that the later one gets to see the contest.
 * - Nothing is dropped because a view changed: only on evidence, when the Node is deleted, or when the process ends.
 * - After a pause of this process what was own is gained again: others may have taken over meanwhile.
 * - A ring that gives back what is retained or adopted makes it own at once: I never stopped scraping it. What I never
 *   scraped, in reserve, is gained again.
 */
export type Claim =
  /** `contested`: intervals in a row in which mine was the duplicate; `early`: for how many more to be first. */
  | { kind: 'own'; contested: number; early: number }
  | { kind: 'gained' }
  /** `reserve`: lost again while it was only gained. Another is taken to cover it: I look after all other shadows. */
  | { kind: 'retained' | 'adopted'; sinceMs: number; reserve: boolean }

export type ClaimEvent =
  /** The ring, as it is now, gives the node to me or to another. */
  | { kind: 'assigned'; mine: boolean }
  /** The node is overdue and it is this shard's turn to cover it. */
  | { kind: 'overdue' }
  /** Another was seen scraping the node in this interval. */
  | { kind: 'evidence' }
  /** My scrape of the node was stored (or repeated what the kubelet had said before). */
  | { kind: 'scraped' }
  /** My scrape was a duplicate of another's; `yields`: I am later than that shard in the node's preference. */
  | { kind: 'contested'; yields: boolean }
  /** This process was paused: another may have taken over meanwhile. */
  | { kind: 'woke' }

/** Intervals in a row in which two shards scrape a node before the later one steps back. */
const mostContested = 2
/** Intervals for which the earlier of two shards scrapes before the phase, so that the later one sees the contest. */
const earlyIntervals = 4

const own: Claim = { kind: 'own', contested: 0, early: 0 }
const gained: Claim = { kind: 'gained' }

/** This shard's claim on one node after an event; undefined: none. The same object when nothing changed. */
export function reduceClaim(claim: Claim | undefined, event: ClaimEvent, nowMs: number): Claim | undefined {
  switch (event.kind) {
    case 'assigned':
      return event.mine ? mine(claim) : notMine(claim, nowMs)
    case 'overdue':
      return claim ?? { kind: 'adopted', sinceMs: nowMs, reserve: false }
    case 'evidence':
      return isShadow(claim) ? undefined : claim
    case 'scraped':
      return scraped(claim)
    case 'woke':
      return claim?.kind === 'own' ? gained : claim
    case 'contested':
      return claim?.kind === 'own' ? contested(claim.contested + 1, event.yields) : claim
  }
}

function mine(claim: Claim | undefined): Claim {
  if (claim === undefined) return gained
  if (!isShadow(claim)) return claim
  return claim.reserve ? gained : own
}

function notMine(claim: Claim | undefined, nowMs: number): Claim | undefined {
  if (claim === undefined || isShadow(claim)) return claim
  return { kind: 'retained', sinceMs: nowMs, reserve: claim.kind === 'gained' }
}

function scraped(claim: Claim | undefined): Claim | undefined {
  if (claim?.kind === 'gained') return own
  if (isShadow(claim)) return claim.reserve ? { ...claim, reserve: false } : claim
  const wasContested = claim?.kind === 'own' && (claim.contested > 0 || claim.early > 0)
  return wasContested ? { kind: 'own', contested: 0, early: Math.max(0, claim.early - 1) } : claim
}

function contested(times: number, yields: boolean): Claim {
  if (times >= mostContested && yields) return gained
  return { kind: 'own', contested: times, early: yields ? 0 : earlyIntervals }
}

/** Held although the ring gives the node to another. */
export function isShadow(claim: Claim | undefined): claim is Claim & { kind: 'retained' | 'adopted' } {
  return claim?.kind === 'retained' || claim?.kind === 'adopted'
}

/** What decides when a claim is acted upon. */
export type Pace = {
  /** What the node's last scrape took. */
  tookMs: number
  /** It failed. */
  failing: boolean
  /** Keeps several shadows of a node apart, so that all but the first see its scrape. */
  spreadMs: number
}

/** How long after the node's phase this claim is acted upon, milliseconds. */
export function actsAfterMs(claim: Claim, { tookMs, failing, spreadMs }: Pace, times: Times): number {
  if (claim.kind === 'own') return claim.early > 0 ? -times.slackMs / 2 : 0
  if (claim.kind === 'gained') return times.gainedMs
  // Late enough for another's attempt to have failed as well, however long that takes.
  if (failing) return 0.75 * times.intervalMs
  const answeredMs = Math.max(times.shadowMs, times.gainedMs + 1.5 * tookMs)
  const afterMs = (claim.reserve ? 2 : 1) * answeredMs + spreadMs
  // Any later, and the fence would take the owner's next scrape for a duplicate of this one, for ever.
  return Math.min(afterMs, 0.625 * times.intervalMs)
}

/** A node's turn in an interval; shared clock, milliseconds. */
export type Turn = {
  phaseAtMs: number
  nowMs: number
  self: string
  /** When my last scrape of it ended, if that failed. */
  failedMs: number | undefined
}

/** What a claim comes to in a turn, given when the node was last scraped and tried, and by whom. */
export function judge(
  claim: Claim,
  { phaseAtMs, nowMs, self, failedMs }: Turn,
  last: { atMs: number; by: string; triedMs?: number } | undefined,
  { slackMs }: Times,
): 'scrape' | 'skip' | 'drop' {
  if (claim.kind === 'own' || last === undefined) return 'scrape'
  // Further ahead than a scrape may be (fence.ts), a time is of another clock and proves nothing.
  const isPast = (ms: number) => ms <= nowMs + aheadMs
  const byAnother = last.by !== self && last.atMs >= phaseAtMs - slackMs && isPast(last.atMs)
  if (claim.kind === 'gained') return byAnother ? 'skip' : 'scrape'
  const triedMs = last.triedMs ?? 0
  const triedByAnother = failedMs !== undefined && triedMs > failedMs + slackMs && isPast(triedMs)
  return byAnother || triedByAnother ? 'drop' : 'scrape'
}
