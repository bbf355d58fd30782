import type { Stop } from '@metrics-ring/common/clock'
import { type Assignment, assignments, type Ring } from '@metrics-ring/common/ring'
import type { Target } from './kubelet/targets.ts'
import type { ClaimedNode, ShardPorts } from './ports.ts'
import { type Claim, type ClaimEvent, isShadow, reduceClaim } from './ring/claims.ts'
import { startCover } from './ring/cover.ts'
import { createFreshnessReader } from './ring/freshness.ts'
import { createSlots, lastSentMs } from './ring/slots.ts'
import { type Times, ticks, turnOf } from './ring/times.ts'
import { createTurns, delayOf } from './ring/turns.ts'
import { knownOf } from './scrape.ts'

export type Shard = {
  /** The nodes there are; those that went are forgotten and deleted from the store by their owner. */
  setTargets(targets: ReadonlyMap<string, Target>): void
  /** `version`: the protocol version by which they assign. */
  setMembers(members: readonly string[], version?: number): void
  /** Stops scraping. */
  stop(): void
  nodes(): ReadonlyMap<string, ClaimedNode>
  members(): readonly string[]
  /** How many nodes nobody has scraped, or tried to, for two intervals; of all, not only of ours. */
  unowned(): number
}

/**
 * The core of a shard: targets and members in, scrapes out. The ring says which nodes are ours (ring.ts), each has a
 * claim (claims.ts) that wakes it once an interval (slots.ts), and then it has its turn (turns.ts). What others leave
 * alone is found by the ladder (cover.ts).
 */
export function createShard(deps: ShardPorts): Shard {
  const { self, clock, times, store, events } = deps
  const nodes = new Map<string, ClaimedNode>()
  let targets: ReadonlyMap<string, Target> = new Map()
  let current: { ring: Ring; by: Assignment } | undefined
  let owners = new Map<string, string>()
  /** Came since the nodes were last assigned, maybe many at once. */
  const newcomers = new Set<string>()
  let assigning = false
  const freshness = createFreshnessReader({ clock, store })
  const turns = createTurns({
    ...deps,
    claimed: (node) => nodes.get(node),
    target: (node) => targets.get(node),
    change,
    comesAfter,
    lastScrape: freshness.read,
    again: (name) => schedule(name, undefined),
    paced: (name) => slots.delay(name, delayOf(nodes.get(name) as ClaimedNode, self, times)),
  })
  const slots = createSlots({
    clock,
    now: deps.now,
    intervalMs: times.intervalMs,
    ticks: (claimed) => ticks(claimed, turnOf(self, members()), times),
    awayMs: times.awayMs,
    onSlot: (node, phaseAtMs) => void turns.take(node, phaseAtMs),
    onAway: wakeUp,
  })
  let stopCover: Stop | undefined
  let unowned = 0
  const cover = () =>
    startCover({
      ...deps,
      names: () => targets.keys(),
      candidates,
      adopt,
      mostAtOnce: () => twiceInFlight(nodes.values(), times),
      onUnowned: (count) => {
        unowned = count
      },
      onError: events.storeFailed,
    })

  function members(): readonly string[] {
    return current?.ring.members ?? []
  }
  /** Once per turn of the event loop, however many nodes and members changed in it. */
  function reassign() {
    if (assigning) return
    assigning = true
    clock.after(0, () => {
      assigning = false
      if (current) applyRing(current)
    })
  }
  function applyRing({ ring, by }: { ring: Ring; by: Assignment }) {
    owners = by.assign(ring, targets.keys())
    const gained: string[] = []
    for (const node of targets.keys()) {
      const before = nodes.get(node)?.claim
      const claim = change(node, { kind: 'assigned', mine: owners.get(node) === self })
      if (!before && claim) gained.push(node)
    }
    if (gained.length > 0) void take(gained, new Set(newcomers))
    newcomers.clear()
  }
  /** Hydrates what was gained, so that the first scrape already yields usage, and gives each its slots. */
  async function take(gained: string[], justCome: ReadonlySet<string>) {
    const records = await store.hydrate(gained).catch((error: unknown) => {
      events.storeFailed(error)
      return undefined
    })
    for (const name of gained) {
      const node = nodes.get(name)
      if (!node) continue
      const found = records?.get(name)
      const record = found?.uid === targets.get(name)?.uid ? found : undefined
      if (record) node.known ??= knownOf(record)
      if (record) schedule(name, lastSentMs(record, deps.now(), times))
      else if (justCome.has(name)) slots.welcome(name, delayOf(node, self, times))
      else schedule(name, undefined)
    }
  }
  function schedule(name: string, lastAtMs: number | undefined) {
    const node = nodes.get(name)
    if (node) slots.claim(name, delayOf(node, self, times), lastAtMs)
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
      slots.delay(name, delayOf(node, self, times))
    }
    return claim
  }
  function forget(name: string) {
    nodes.delete(name)
    slots.release(name)
  }
  /** Another Node has taken the name: it is as new as any, and what the kubelet of the old one did says nothing of it. */
  function startAnew(name: string, node: ClaimedNode) {
    delete node.known
    delete node.failures
    delete node.last
    if (!isShadow(node.claim)) slots.welcome(name, delayOf(node, self, times))
  }
  async function adopt(name: string) {
    if (nodes.has(name) || !targets.has(name)) return
    change(name, owners.get(name) === self ? { kind: 'assigned', mine: true } : { kind: 'overdue' })
    // Its next turn is the first phase that does not only repeat this scrape.
    schedule(name, deps.now() + times.intervalMs / 3)
    await turns.scrapeNow(name)
  }
  function candidates(node: string) {
    if (!current || nodes.has(node) || !targets.has(node)) return undefined
    return { preference: current.ring.preference(node), owner: owners.get(node) }
  }
  function comesAfter(node: string, other: string): boolean {
    return current !== undefined && isLater(current.by, current.ring.members, node, self, other)
  }
  /** After a pause others may have taken over: look before the next scrape of each node. */
  function wakeUp(awayMs: number) {
    events.wasAway(awayMs)
    for (const name of nodes.keys()) change(name, { kind: 'woke' })
  }
  return {
    setTargets(next) {
      const gone = [...targets.values()].filter((target) => next.get(target.node)?.uid !== target.uid)
      if (targets.size > 0) for (const name of next.keys()) if (!targets.has(name)) newcomers.add(name)
      targets = next
      for (const target of gone) {
        if (!next.has(target.node)) newcomers.delete(target.node)
        const claimed = nodes.get(target.node)
        if (!claimed) continue
        if (next.has(target.node)) startAnew(target.node, claimed)
        else {
          events.claimChanged(target.node, claimed.claim.kind, undefined)
          forget(target.node)
        }
        // Only its owner, lest every shard writes the same tombstone; what nobody deletes expires.
        if (isShadow(claimed.claim)) continue
        void store.delete(target.node, target.uid, target.createdMs).catch(events.storeFailed)
      }
      reassign()
    },
    setMembers(members, version = 1) {
      const by = (deps.assignments ?? assignments).get(version)
      if (!by) throw new RangeError(`this release does not know version ${version} of the assignment`)
      current = { ring: by.createRing(members), by }
      stopCover ??= cover()
      reassign()
    },
    stop() {
      stopCover?.()
      slots.clear()
    },
    nodes: () => nodes,
    members,
    unowned: () => unowned,
  }
}

/** Twice what is under way on average, so that one of two shards takes over the other's nodes in one interval. */
function twiceInFlight(nodes: Iterable<ClaimedNode>, { intervalMs }: Times): number {
  let tookMs = 0
  for (const { last } of nodes) tookMs += last?.tookMs ?? 0
  return Math.max(8, Math.ceil((2 * tookMs) / intervalMs))
}

/** Whether `self` is later than `other` in the node's preference, over everybody whom either may know. */
function isLater(
  by: Assignment,
  members: readonly string[],
  node: string,
  self: string,
  other: string,
): boolean {
  if (other === '') return false
  for (const member of by.createRing([...members, self, other]).preference(node))
    if (member === self || member === other) return member === other
  return false
}
