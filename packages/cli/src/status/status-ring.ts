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
  if (!last || last.atMs === 0) return { node, ageMs: undefined, by: '' }
  return { node, ageMs: Math.max(0, Math.round(storeMs - last.atMs)), by: last.by }
}

function leaseStatus(shard: string, { leases, wallMs }: StatusInput) {
  const lease = leases.find((each) => each.shard === shard)
  if (!lease) return { shard, state: 'gone' as const, renewedMs: undefined }
  const renewedMs = wallMs - Date.parse(lease.renewTime)
  const isSilent = renewedMs > lease.durationMs
  return { shard, state: isSilent ? ('silent' as const) : lease.state, renewedMs }
}

/** A table for people. Pure. */
export function drawStatus({ shards, nodes, late, greatestAgeMs, worst }: RingStatus): string {
  const rows = shards.map((each) => [
    each.shard,
    each.state,
    seconds(each.renewedMs),
    String(each.nodes),
    String(each.late),
  ])
  const lines = [
    ...table([['SHARD', 'STATE', 'RENEWED', 'NODES', 'LATE'], ...rows]),
    '',
    `${nodes} nodes, ${late} not scraped within two intervals; greatest age ${seconds(greatestAgeMs)}`,
  ]
  if (worst.length === 0) return lines.join('\n')
  const nodeRows = worst.map(({ node, ageMs, by }) => [node, seconds(ageMs), by || '-'])
  return [...lines, '', ...table([['NODE', 'AGE', 'BY'], ...nodeRows])].join('\n')
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`
}
