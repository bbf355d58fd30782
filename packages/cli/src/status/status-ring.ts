import type { FailedTry, Freshness } from '@metrics-ring/common/store/store'
import type { LeaseView } from '@metrics-ring/shard/ring/members'

/** The ring as it looks from outside; ages in milliseconds, undefined where nothing is known. */
export type RingStatus = {
  shards: ShardStatus[]
  nodes: number
  /** Nodes not scraped within two intervals, or never. */
  late: number
  greatestAgeMs: number | undefined
  /** Nodes by age, the youngest first. */
  ages: { state: AgeState; nodes: number }[]
  worst: NodeStatus[]
  /** The node that was asked for; undefined: none was. */
  asked?: NodeStatus
}

export type ShardStatus = {
  shard: string
  /** `gone`: it has scraped nodes, but has no Lease. */
  state: LeaseView['state'] | 'silent' | 'gone'
  /** By the clocks of the shard and of this machine, which may differ. */
  renewedMs: number | undefined
  /** Nodes that it was the last to scrape, and of these the late ones. */
  nodes: number
  late: number
}

export type NodeStatus = {
  node: string
  ageMs: number | undefined
  by: string
  /** Why it has not been scraped since; undefined: no scrape since then failed. */
  failure?: FailedTry
}

/** In intervals: half of one, one and what a scrape takes, two, four; `older`; `never` scraped. */
export const ageStates = ['0.5', '1.25', '2', '4', 'older', 'never'] as const
export type AgeState = (typeof ageStates)[number]

export type StatusInput = {
  leases: readonly LeaseView[]
  /** The names of all Nodes. */
  nodes: readonly string[]
  /** Of those that have a record. */
  freshness: ReadonlyMap<string, Freshness>
  /** The last failure of those that had one. */
  failures?: ReadonlyMap<string, FailedTry>
  /** The store's clock and this machine's, milliseconds. */
  storeMs: number
  wallMs: number
  intervalMs: number
  worst: number
  /** Node to tell of, whatever its age. */
  asked?: string
}

/** A record may be so far ahead of the store's clock (the fence's limit); what is further was written by another clock. */
const aheadMs = 1_000

/** What the Leases and the store say of the ring. Pure. */
export function ringStatus(input: StatusInput): RingStatus {
  const nodes = input.nodes.map((node) => nodeStatus(node, input))
  const isLate = ({ ageMs }: NodeStatus) => ageMs === undefined || ageMs > 2 * input.intervalMs
  const names = new Set([...input.leases.map(({ shard }) => shard), ...nodes.map(({ by }) => by)])
  names.delete('')
  const shards = [...names].sort().map((shard) => {
    const mine = nodes.filter(({ by }) => by === shard)
    return { ...leaseStatus(shard, input), nodes: mine.length, late: mine.filter(isLate).length }
  })
  const worst = nodes.toSorted((a, b) => (b.ageMs ?? Number.MAX_VALUE) - (a.ageMs ?? Number.MAX_VALUE))
  const known = nodes.flatMap(({ ageMs }) => ageMs ?? [])
  return {
    shards,
    nodes: nodes.length,
    late: nodes.filter(isLate).length,
    greatestAgeMs: known.length === 0 ? undefined : known.reduce((a, b) => Math.max(a, b)),
    ages: agesOf(nodes, input.intervalMs),
    worst: worst.slice(0, input.worst),
    ...(input.asked === undefined ? {} : { asked: nodeStatus(input.asked, input) }),
  }
}

function agesOf(nodes: readonly NodeStatus[], intervalMs: number): RingStatus['ages'] {
  const counts = new Map<AgeState, number>()
  for (const { ageMs } of nodes) {
    const state = ageState(ageMs, intervalMs)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return ageStates.map((state) => ({ state, nodes: counts.get(state) ?? 0 }))
}

function ageState(ageMs: number | undefined, intervalMs: number): AgeState {
  if (ageMs === undefined) return 'never'
  return ageStates.find((state) => ageMs <= Number(state) * intervalMs) ?? 'older'
}

function nodeStatus(node: string, { freshness, failures, storeMs }: StatusInput): NodeStatus {
  const last = freshness.get(node)
  const isKnown = last && last.atMs > 0 && last.atMs <= storeMs + aheadMs
  const failure = failures?.get(node)
  return {
    node,
    ageMs: isKnown ? Math.max(0, Math.round(storeMs - last.atMs)) : undefined,
    by: isKnown ? last.by : '',
    // One before the last good scrape is over.
    ...(failure && !(isKnown && failure.atMs <= last.atMs) ? { failure } : {}),
  }
}

function leaseStatus(shard: string, { leases, wallMs }: StatusInput) {
  const lease = leases.find((each) => each.shard === shard)
  if (!lease) return { shard, state: 'gone' as const, renewedMs: undefined }
  const renewedMs = wallMs - Date.parse(lease.renewTime)
  const isSilent = renewedMs > lease.durationMs
  return { shard, state: isSilent ? ('silent' as const) : lease.state, renewedMs }
}
