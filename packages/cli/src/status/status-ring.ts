import type { Freshness } from '@metrics-ring/common/store/store'
import type { LeaseView } from '@metrics-ring/shard/ring/members'

/** The ring as it looks from outside; ages in milliseconds, undefined where nothing is known. */
export type RingStatus = {
  shards: ShardStatus[]
  nodes: number
  /** Nodes not scraped within two intervals, or never. */
  late: number
  greatestAgeMs: number | undefined
  worst: NodeStatus[]
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

export type NodeStatus = { node: string; ageMs: number | undefined; by: string }

export type StatusInput = {
  leases: readonly LeaseView[]
  /** The names of all Nodes. */
  nodes: readonly string[]
  /** Of those that have a record. */
  freshness: ReadonlyMap<string, Freshness>
  /** The store's clock and this machine's, milliseconds. */
  storeMs: number
  wallMs: number
  intervalMs: number
  worst: number
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
    worst: worst.slice(0, input.worst),
  }
}

function nodeStatus(node: string, { freshness, storeMs }: StatusInput): NodeStatus {
  const last = freshness.get(node)
  if (!last || last.atMs === 0 || last.atMs > storeMs + aheadMs) return { node, ageMs: undefined, by: '' }
  return { node, ageMs: Math.max(0, Math.round(storeMs - last.atMs)), by: last.by }
}

function leaseStatus(shard: string, { leases, wallMs }: StatusInput) {
  const lease = leases.find((each) => each.shard === shard)
  if (!lease) return { shard, state: 'gone' as const, renewedMs: undefined }
  const renewedMs = wallMs - Date.parse(lease.renewTime)
  const isSilent = renewedMs > lease.durationMs
  return { shard, state: isSilent ? ('silent' as const) : lease.state, renewedMs }
}
