import type { FlagTable } from '@metrics-ring/common/flags'
import { assign, createRing, mostNodes } from '@metrics-ring/common/ring'
import { latencyRow, percentile, type Row, row, watchIdle } from './rows.ts'
import type { Scenario } from './scenario.ts'

const flags = {
  nodes: { type: 'int', default: '5000', least: 1, help: 'Nodes to assign.' },
  shards: { type: 'int', default: '20', least: 2, help: 'Members of the ring.' },
  rounds: { type: 'int', default: '40', least: 2, help: 'How often a member leaves, and comes back.' },
} as const satisfies FlagTable

/** In one call, all nodes anew, their hashes known from the call before. */
export const assignScenario: Scenario = {
  name: 'assign',
  summary: 'What it takes to give every node its owner when a member leaves or comes back.',
  flags,
  run: async (_bench, given) => measure(Number(given.nodes), Number(given.shards), Number(given.rounds)),
}

function measure(nodes: number, shards: number, rounds: number): Row[] {
  const names = Array.from({ length: nodes }, (_, i) => `ip-10-${i >> 8}-${i & 255}-7.example.internal`)
  const members = Array.from(
    { length: shards },
    (_, i) => `metrics-ring-shard-6d5f7c9b4-${i.toString(36)}x2q`,
  )
  const started = performance.now()
  const whole = assign(createRing(members), names)
  const firstMs = performance.now() - started
  const calls: Took[] = []
  let moved = 0
  const idle = watchIdle()
  for (let round = 0; round < rounds; round++) {
    const without = members.filter((_, i) => i !== round % shards)
    const [left, leaving] = timed(() => assign(createRing(without), names))
    const [, coming] = timed(() => assign(createRing(members), names))
    calls.push(leaving, coming)
    moved = Math.max(moved, names.filter((name) => left.get(name) !== whole.get(name)).length)
  }
  const what = `${nodes} nodes over ${shards} shards`
  const most = { is: '<=', value: 50 } as const
  const took = calls.map(({ ms }) => ms)
  const slowestCpu = Math.max(...calls.map(({ cpuMs }) => cpuMs))
  return [
    row(`${what}, CPU of the slowest call of ${calls.length}`, slowestCpu, 'ms', most),
    latencyRow(`${what}, the slowest call`, Math.max(...took), 'ms', idle(), most),
    row(`${what}, p50`, percentile(took, 0.5), 'ms'),
    row(`${what}, first call of the process, nothing cached`, firstMs, 'ms'),
    row('nodes of the shard that has most', largest(whole), '', {
      is: '<=',
      value: mostNodes(nodes, shards),
    }),
    row('nodes moved when one leaves, at most', moved / nodes, 'share', {
      is: '<=',
      value: 1 / shards + 0.03,
    }),
  ]
}

/** By the clock, and of this thread's own CPU time, collection of garbage included. */
type Took = { ms: number; cpuMs: number }

function timed<T>(work: () => T): [result: T, took: Took] {
  const [started, before] = [performance.now(), process.threadCpuUsage()]
  const result = work()
  const { user, system } = process.threadCpuUsage(before)
  return [result, { ms: performance.now() - started, cpuMs: (user + system) / 1000 }]
}

function largest(owners: ReadonlyMap<string, string>): number {
  const counts = new Map<string, number>()
  for (const owner of owners.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1)
  return Math.max(...counts.values())
}
