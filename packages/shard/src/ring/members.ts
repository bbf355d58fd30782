import { commonProtocol } from './protocol.ts'
import type { Times } from './times.ts'

/**
 * Who is in the ring, as this shard sees it. Pure: events and `nowMs` (monotonic) in, a new state and effects out.
 *
 * The protocol, for whoever starts here. Each shard has a Lease, an object in the Kubernetes API that it writes anew
 * every few seconds (all times: times.ts). The shards whose Leases keep changing are the members. From their names
 * alone every shard computes which member owns which node (common/ring.ts, by the rules that all speak: protocol.ts);
 * nobody leads and nobody is asked. What this shard does about one node is its claim (claims.ts), acted upon at the
 * node's own moment in each interval (slots.ts). Each stored scrape says who made it and when, so shards see in the
 * store what others do: that is how a node is handed over (claims.ts) and how a dead shard's nodes are found before
 * its Lease runs out (ladder.ts). Two shards that see different members thus cost an extra scrape, never a gap.
 *
 * Every few seconds this shard writes its own Lease and then lists all of them, not older than that write. A list that
 * shows the write is a **proof** that we reach the API server and see what is there. Of a peer's Lease:
 *
 *                                 listed for joinMs
 *    first seen   ┌─────────┐ ─────────────────────────▶ ┌────────┐
 *   ────────────▶ │ joining │                            │ member │
 *                 └─────────┘                            └────────┘
 *                      ▲                                  │      │
 *                      │                 it says draining │      │ at a proof: it has not changed
 *                      │                       (at once)  ▼      │ for as long as it says itself
 *                      │    active again      ┌──────────┐       ▼
 *                      ├───────────────────── │ draining │    ┌─────────┐   still for ten
 *                      │                      └──────────┘    │ expired │ ───────────────▶ collected
 *                      └───────────────────────────────────── └─────────┘   durations
 *                                  it changes again
 *
 *   In any state, when the list does not have it any more: forgotten at once. In our first list: member at once.
 *
 * - A peer lives as long as its Lease *changes*; when it last did is judged by our own monotonic clock alone. What its
 *   renewTime says is compared, never read: wall clocks differ.
 * - Nobody expires but at a proof. Without one (API server away, we are cut off, it answers from a stale cache) we cannot tell a
 *   dead peer from our own trouble, so the ring stays as it was and everybody goes on scraping.
 * - Amnesty: at a proof after a long time without one every peer's clock starts again, because it could not reach the
 *   API server either, and needs a chance to renew.
 * - Deaths and drains count at once, joins after a while: several shards that start together then move nodes once.
 * - We are a member of our own ring unless we drain, whatever the API server says.
 */

/** A peer's Lease, as far as the ring cares. */
export type LeaseView = {
  /** The shard's name. */
  shard: string
  holder: string
  /** As written; compared, never parsed. */
  renewTime: string
  state: 'active' | 'draining'
  durationMs: number
  resourceVersion: string
  /** The versions of the assignment that this shard speaks (protocol.ts). */
  protocols: readonly number[]
}

type Peer = {
  lease: LeaseView
  /** When the Lease was last seen to have changed. */
  seenMs: number
  /** A member from here on. */
  stableMs: number
  expired: boolean
}

export type MembersState = {
  self: string
  protocols: readonly number[]
  draining: boolean
  peers: ReadonlyMap<string, Peer>
  /** When our last write and read-back succeeded. */
  provenMs?: number
}

export type MembersEvent =
  /** Our write succeeded and this list, read after it, shows it. */
  | { kind: 'proof'; leases: readonly LeaseView[] }
  /** We are leaving. */
  | { kind: 'drain' }

export type MembersEffect =
  | { kind: 'joining' | 'left' | 'draining' | 'expired'; shard: string }
  | { kind: 'amnesty'; withoutProofMs: number }
  /** Nobody has written this Lease for ten durations: remove what is left of it. */
  | { kind: 'collect'; lease: LeaseView }

export function noMembers(self: string, protocols: readonly number[] = [1]): MembersState {
  return { self, protocols, draining: false, peers: new Map() }
}

export function reduceMembers(
  state: MembersState,
  event: MembersEvent,
  nowMs: number,
  times: Times,
): { state: MembersState; effects: MembersEffect[] } {
  if (event.kind === 'drain') return { state: { ...state, draining: true }, effects: [] }
  return prove(state, event.leases, nowMs, times)
}

function prove(state: MembersState, leases: readonly LeaseView[], nowMs: number, times: Times) {
  const effects: MembersEffect[] = []
  const withoutProofMs = state.provenMs === undefined ? undefined : nowMs - state.provenMs
  const amnesty = withoutProofMs !== undefined && withoutProofMs > 2 * times.renewMs + times.joinMs
  if (amnesty) effects.push({ kind: 'amnesty', withoutProofMs })

  const peers = new Map<string, Peer>()
  for (const lease of leases) {
    if (lease.shard === state.self) continue
    const before = state.peers.get(lease.shard)
    const peer = observe(before, lease, { nowMs, times, amnesty, first: withoutProofMs === undefined })
    peers.set(lease.shard, peer)
    const effect = effectOf(before, peer, nowMs, times)
    if (effect) effects.push(effect)
  }
  for (const shard of state.peers.keys()) if (!peers.has(shard)) effects.push({ kind: 'left', shard })
  return { state: { ...state, peers, provenMs: nowMs }, effects }
}

type Observation = { nowMs: number; times: Times; amnesty: boolean; first: boolean }

function observe(before: Peer | undefined, lease: LeaseView, at: Observation): Peer {
  // Those in our first list were there before us: they need not prove to be stable.
  const joins = at.first ? at.nowMs : at.nowMs + at.times.joinMs
  if (!before) return { lease, seenMs: at.nowMs, stableMs: joins, expired: false }
  if (hasChanged(before.lease, lease)) {
    const returns = before.expired || (before.lease.state === 'draining' && lease.state === 'active')
    return { lease, seenMs: at.nowMs, stableMs: returns ? joins : before.stableMs, expired: false }
  }
  const seenMs = at.amnesty && !before.expired ? at.nowMs : before.seenMs
  return { ...before, seenMs, expired: before.expired || at.nowMs - seenMs >= durationOf(lease, at.times) }
}

function hasChanged(a: LeaseView, b: LeaseView): boolean {
  return a.holder !== b.holder || a.renewTime !== b.renewTime || a.state !== b.state
}

/** A peer's own duration, within bounds: a strange one must neither evict it at once nor keep it for ever. */
function durationOf(lease: LeaseView, times: Times): number {
  return Math.min(Math.max(lease.durationMs, times.leaseMs / 2), 3 * times.leaseMs)
}

function effectOf(
  before: Peer | undefined,
  peer: Peer,
  nowMs: number,
  times: Times,
): MembersEffect | undefined {
  const { shard } = peer.lease
  if (peer.expired && !before?.expired) return { kind: 'expired', shard }
  if (peer.expired && nowMs - peer.seenMs > 10 * times.leaseMs) return { kind: 'collect', lease: peer.lease }
  if (peer.lease.state === 'draining' && before?.lease.state !== 'draining')
    return { kind: 'draining', shard }
  if (!peer.expired && (!before || before.expired)) return { kind: 'joining', shard }
  return undefined
}

/** The ring's members now, sorted. Nobody before the first proof: who else is there is not known yet. */
export function memberNames(state: MembersState, nowMs: number): string[] {
  if (state.provenMs === undefined) return []
  const names = state.draining ? [] : [state.self]
  for (const [shard, peer] of state.peers) {
    if (!peer.expired && peer.lease.state === 'active' && peer.stableMs <= nowMs) names.push(shard)
  }
  return names.sort()
}

/** The version by which all assign: one that also those speak who are about to join or have not gone yet. */
export function protocolOf({ protocols, peers }: MembersState): number {
  const alive = [...peers.values()].filter((peer) => !peer.expired)
  return commonProtocol([protocols, ...alive.map((peer) => peer.lease.protocols)])
}

/** Whether no other shard is there, or about to be, that could take nodes. */
export function isAlone({ peers }: MembersState): boolean {
  return ![...peers.values()].some((peer) => !peer.expired && peer.lease.state === 'active')
}

/** When the members change next without a further event; undefined if they do not. */
export function nextJoinMs(state: MembersState, nowMs: number): number | undefined {
  const coming = [...state.peers.values()].map((peer) => peer.stableMs).filter((stableMs) => stableMs > nowMs)
  return coming.length === 0 ? undefined : Math.min(...coming)
}
