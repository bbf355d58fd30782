import type { Clock } from '@metrics-ring/common/clock'
import { assign, createRing, type Ring } from '@metrics-ring/common/ring'
import type { SampleStore } from '@metrics-ring/common/store'
import { actsAfterMs, type Claim, type ClaimEvent, isShadow, judge, reduceClaim } from './claims.ts'
import type { ShardEvents } from './events.ts'
import { createFreshnessReader } from './freshness.ts'
import { type Failures, failedAgain, patience } from './patience.ts'
import { type Fetched, type Known, knownOf, type Outcome, scrape } from './scrape.ts'
import { createSlots } from './slots.ts'
import type { Target } from './targets.ts'
import type { Times } from './times.ts'

/** The ports of a shard's core: everything it touches besides its own memory. */
export type ShardDeps = {
  self: string
  clock: Clock
  times: Times
  /** The shared clock, milliseconds. */
  now: () => number
  store: SampleStore
  fetchSample: (target: Target, call: { retry: boolean }) => Promise<Fetched>
  events: ShardEvents
}

/** What is known of one claimed node. */
export type ClaimedNode = {
  claim: Claim
  known?: Known
  /** Failures since the last answer. */
  failures?: Failures
  /** The last scrape's outcome, and when it was sent (shared clock). */
  last?: { outcome: Outcome['result']; reason?: string; atMs: number; tookMs: number }
}

export type Shard = {
  /** The nodes there are; those that went are forgotten and deleted from the store by their owner. */
  setTargets(targets: ReadonlyMap<string, Target>): void
  setMembers(members: string[]): void
  /** Stops scraping. */
  stop(): void
  nodes(): ReadonlyMap<string, ClaimedNode>
  members(): readonly string[]
}

/**
 * The core of a shard: targets and members in, scrapes out. The ring says which nodes are ours (ring.ts), each has a
 * claim (claims.ts) that wakes it once an interval (slots.ts), and then it is scraped (scrape.ts).
 */
export function createShard(deps: ShardDeps): Shard {
  const { self, clock, times, now, store, events } = deps
  const nodes = new Map<string, ClaimedNode>()
  let targets: ReadonlyMap<string, Target> = new Map()
  let ring: Ring | undefined
  let assigning = false
  const freshness = createFreshnessReader({ clock, store })
  const slots = createSlots({
    clock,
    now,
    intervalMs: times.intervalMs,
    awayMs: times.awayMs,
    onSlot: (node, phaseAtMs) => void act(node, phaseAtMs),
    onAway: wakeUp,
  })

  /** Once per turn of the event loop, however many nodes and members changed in it. */
  function reassign() {
    if (assigning) return
    assigning = true
    clock.after(0, () => {
      assigning = false
      if (ring) applyRing(ring)
    })
  }
  function applyRing(current: Ring) {
    const owners = assign(current, targets.keys())
    const gained: string[] = []
    for (const node of targets.keys()) {
      const before = nodes.get(node)?.claim
      const claim = change(node, { kind: 'assigned', mine: owners.get(node) === self })
      if (!before && claim) gained.push(node)
    }
    if (gained.length > 0) void take(gained)
  }
  /** Hydrates what was gained, so that the first scrape already yields usage, and gives each its slots. */
  async function take(gained: string[]) {
    const records = await store.hydrate(gained).catch((error: unknown) => {
      events.storeFailed(error)
      return undefined
    })
    for (const name of gained) {
      const node = nodes.get(name)
      if (!node) continue
      const record = records?.get(name)
      if (record && record.uid === targets.get(name)?.uid) node.known ??= knownOf(record)
      slots.claim(name, actsAfterMs(node.claim, record?.tookMs ?? 0, times), record?.atMs)
    }
  }
  function change(name: string, event: ClaimEvent): Claim | undefined {
    const node = nodes.get(name)
    const claim = reduceClaim(node?.claim, event, clock.mono())
    if (claim === node?.claim) return claim
    events.claimChanged(name, node?.claim.kind, claim?.kind)
    if (!claim) forget(name)
    else if (!node) nodes.set(name, { claim })
    else {
      node.claim = claim
      slots.delay(name, actsAfterMs(claim, node.last?.tookMs ?? 0, times))
    }
    return claim
  }
  function forget(name: string) {
    nodes.delete(name)
    slots.release(name)
  }

  async function act(name: string, phaseAtMs: number) {
    const node = nodes.get(name)
    const target = targets.get(name)
    if (!node || !target) return
    if (node.claim.kind !== 'own') {
      const last = await freshness.read(name).catch(() => undefined)
      if (nodes.get(name) !== node) return
      const verdict = judge(node.claim, { phaseAtMs, self, times }, last)
      if (verdict === 'drop') change(name, { kind: 'evidence' })
      if (verdict !== 'scrape') return
    }
    const { scrape: tries, retry } = patience(node.failures, Math.floor(phaseAtMs / times.intervalMs))
    if (!tries) return
    const atMs = now()
    const fetchSample = () => deps.fetchSample(target, { retry })
    const outcome = await scrape({ ...deps, fetchSample, intervalMs: times.intervalMs }, target, node.known)
    if (nodes.get(name) === node) finish(name, node, atMs, outcome)
  }
  function finish(name: string, node: ClaimedNode, atMs: number, outcome: Outcome) {
    if (outcome.known) node.known = outcome.known
    else delete node.known
    if (outcome.result === 'failed') node.failures = failedAgain(node.failures, outcome.reason)
    else delete node.failures
    const tookMs = 'tookMs' in outcome ? outcome.tookMs : (node.last?.tookMs ?? 0)
    const reason = 'reason' in outcome ? { reason: outcome.reason } : {}
    node.last = { outcome: outcome.result, ...reason, atMs, tookMs }
    events.scraped(name, outcome, node.failures)
    if (outcome.result === 'accepted' || outcome.result === 'unchanged') change(name, { kind: 'scraped' })
    if (outcome.result === 'duplicate' && outcome.by !== self) {
      change(name, { kind: 'contested', yields: comesAfter(name, outcome.by) })
    }
  }
  /** Whether we are later than the other in the node's preference, over everybody either of us may know. */
  function comesAfter(node: string, other: string): boolean {
    const union = createRing([...(ring?.members ?? []), self, other].filter((name) => name !== ''))
    for (const member of union.preference(node))
      if (member === self || member === other) return member === other
    return false
  }
  /** After a pause others may have taken over: look before the next scrape of each node. */
  function wakeUp(awayMs: number) {
    events.wasAway(awayMs)
    for (const name of nodes.keys()) change(name, { kind: 'woke' })
  }
  return {
    setTargets(next) {
      const gone = [...targets.values()].filter((target) => next.get(target.node)?.uid !== target.uid)
      targets = next
      for (const target of gone) {
        const claimed = nodes.get(target.node)
        if (!claimed) continue
        if (!next.has(target.node)) forget(target.node)
        // Only its owner, lest every shard writes the same tombstone; what nobody deletes expires.
        if (isShadow(claimed.claim)) continue
        void store.delete(target.node, target.uid, target.createdMs).catch(events.storeFailed)
      }
      reassign()
    },
    setMembers(members) {
      ring = createRing(members)
      reassign()
    },
    stop: () => slots.clear(),
    nodes: () => nodes,
    members: () => ring?.members ?? [],
  }
}
