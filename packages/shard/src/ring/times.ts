/**
 * Every time of the ring protocol, milliseconds, from the interval W alone. At W = 15 s:
 *
 *   a Lease    R = 5 s: renewed, others read │ still for D = 20 s: expired │ new for 2 s: member
 *   a node     φ, or the tick after it, up to 250 ms later (1 s, alone): its owner scrapes it │ φ+1 s: who just gained it looks │ φ+2 s: who covers it for another looks
 *   its age    W = 15 s: due │ 20 s: the first other shard scrapes it │ 25 s: the second │ …
 *   a drain    at most 45 s, three intervals
 */
export type Times = {
  /** W: a node's owner scrapes it once in each. */
  intervalMs: number
  /**
   * An owner's scrape that falls due is sent at the next tick, with whatever else is due by then. Ticks are at least and at most
   * so far apart (`ticks`), and fill an interval.
   */
  leastTickMs: number
  mostTickMs: number
  /** R: how often a shard renews its Lease and lists those of its peers. */
  renewMs: number
  /** D: a Lease that has not changed for this long is expired. Whole seconds. */
  leaseMs: number
  /** Bound on one request to the API server. */
  requestMs: number
  /** How long a new member is seen before nodes are assigned to it. */
  joinMs: number
  /** How long after a node's phase the shard that just gained it looks whether another still scrapes it. */
  gainedMs: number
  /** How long after a node's phase a shadow looks whether another has scraped it. */
  shadowMs: number
  /** Evidence of another's scrape counts from this long before the phase: clocks and timers are not exact. */
  slackMs: number
  /** How often overdue nodes are looked for. */
  ladderMs: number
  /** How much later each further shard in a node's preference covers it. */
  rungMs: number
  /** How long a draining shard waits for others to take its nodes. */
  drainMs: number
  /** The loop was away for longer than this: its own observations are stale. */
  awayMs: number
}

const reference = 15_000

export function times(intervalMs: number): Times {
  const scaled = (ms: number) => Math.round((ms * intervalMs) / reference)
  return {
    intervalMs,
    leastTickMs: intervalMs / 60,
    mostTickMs: intervalMs / 60,
    renewMs: scaled(5_000),
    leaseMs: Math.ceil(scaled(20_000) / 1000) * 1000,
    requestMs: scaled(4_000),
    joinMs: scaled(2_000),
    gainedMs: scaled(1_000),
    shadowMs: scaled(2_000),
    slackMs: scaled(500),
    ladderMs: scaled(2_500),
    rungMs: scaled(5_000),
    drainMs: scaled(45_000),
    awayMs: scaled(5_000),
  }
}

/**
 * Of a shard that is alone in its ring for good: nobody looks whether it has scraped a node. In a ring, a shadow that has waited
 * for a slow kubelet must not look before an owner that waited for a tick has written (docs/performance.md).
 */
export function timesAlone(intervalMs: number): Times {
  const ofRing = times(intervalMs)
  const { leastTickMs } = ofRing
  // No longer, for a change of ticks is a gap, and usages are served for little more than four intervals.
  return { ...ofRing, mostTickMs: Math.max(leastTickMs, Math.min(4 * leastTickMs, 1_000)) }
}

/** So many scrapes one after the other take some 40 ms. */
const mostATick = 85

/** When a shard scrapes: at `offsetMs` of the shared clock, and every `everyMs` after. */
export type Ticks = { everyMs: number; offsetMs: number }

/**
 * The ticks of a shard with so many claimed nodes: as far apart as may be, for scrapes cost the less the more of them come one after
 * the other (docs/performance.md), but not so far that too many do. The shards of a ring take turns, for all their scrapes at one
 * moment would keep everybody else waiting.
 *
 * `turn`: the share of a tick by which this shard is later than the first, 0 <= turn < 1.
 */
export function ticks(
  claimed: number,
  turn: number,
  { intervalMs, leastTickMs, mostTickMs }: Pick<Times, 'intervalMs' | 'leastTickMs' | 'mostTickMs'>,
): Ticks {
  let everyMs = leastTickMs
  while (2 * everyMs <= mostTickMs && (2 * everyMs * claimed) / intervalMs <= mostATick) everyMs *= 2
  return { everyMs, offsetMs: everyMs * turn }
}

/** Which turn a member has among the others; the first, where it is none of them. */
export function turnOf(self: string, members: readonly string[]): number {
  return Math.max(0, members.indexOf(self)) / Math.max(1, members.length)
}
