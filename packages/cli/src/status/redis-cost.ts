import type { CostFacts } from '@metrics-ring/common/redis/cost'

/** What a ring costs Redis. */
export type RedisCost = {
  /** Of this ring. */
  keys: number
  nodes: number
  /** Index included; undefined where there is no node, or no pod. */
  bytesPerNode: number | undefined
  podsPerNode: number | undefined
  bytesPerPod: number | undefined
  /** Commands for each node and interval, of everybody who uses the server. */
  writes: number | undefined
  reads: number | undefined
  usedBytes: number
  /** 0: no limit. */
  mostBytes: number
  policy: string
  warnings: string[]
}

export type CostInput = {
  before: CostFacts
  after: CostFacts
  /** Between the two, milliseconds. */
  tookMs: number
  intervalMs: number
  /** Pods in the records of the sample's nodes, by node. */
  pods: ReadonlyMap<string, number>
}

const fixedKeys = 4

/** Pure. */
export function redisCost({ before, after, tookMs, intervalMs, pods }: CostInput): RedisCost {
  const { nodes, indexBytes, sample, memory } = after
  const nodeBytes = sum(sample.values()) / sample.size
  const podsPerNode = sum(pods.values()) / pods.size
  const bytesPerNode = nodes === 0 ? Number.NaN : nodeBytes + indexBytes / nodes
  const perNodeInterval = intervalMs / tookMs / nodes
  const written = after.written - before.written
  const policy = memory.get('maxmemory_policy') ?? 'unknown'
  const mostBytes = Number(memory.get('maxmemory') ?? 0)
  return {
    keys: nodes === 0 ? 0 : nodes + fixedKeys,
    nodes,
    bytesPerNode: known(bytesPerNode),
    podsPerNode: known(podsPerNode),
    bytesPerPod: known(bytesPerNode / podsPerNode),
    writes: known(written * perNodeInterval),
    reads: known((after.sent - before.sent - written) * perNodeInterval),
    usedBytes: Number(memory.get('used_memory') ?? 0),
    mostBytes,
    policy,
    warnings: policy === 'noeviction' ? [] : [evicts(policy, mostBytes)],
  }
}

function evicts(policy: string, mostBytes: number): string {
  const when = mostBytes === 0 ? 'if maxmemory is ever set' : 'when maxmemory is reached'
  return `maxmemory-policy ${policy} may evict records and their index ${when}: set noeviction`
}

function sum(values: Iterable<number>): number {
  return [...values].reduce((a, b) => a + b, 0)
}

function known(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

/** For people. Pure. */
export function drawCost(cost: RedisCost): string {
  const { keys, nodes, bytesPerNode, bytesPerPod, podsPerNode, writes, reads, warnings } = cost
  const limit = cost.mostBytes === 0 ? 'no limit' : `of ${megabytes(cost.mostBytes)}`
  return [
    `Redis holds ${keys} keys for ${nodes} nodes`,
    `${text(bytesPerNode, 0)} bytes a node, ${text(bytesPerPod, 0)} a pod (${text(podsPerNode, 1)} pods a node)`,
    `${text(writes, 2)} writes and ${text(reads, 2)} reads a node and interval, by all who use it`,
    `${megabytes(cost.usedBytes)} used, ${limit}, maxmemory-policy ${cost.policy}`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join('\n')
}

function text(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits)
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
