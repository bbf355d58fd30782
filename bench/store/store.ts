import type { FlagTable } from '@metrics-ring/common/flags'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { coldStart } from '../cold-start.ts'
import type { Row } from '../rows.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { measureLive } from './live.ts'
import { measurePort } from './port.ts'

const flags = {
  nodes: { type: 'list', default: '5000,15000', help: 'Sizes of the cluster, in nodes.' },
  'pods-per-node': { type: 'int', default: '30', least: 1, help: 'Pods on each node, of two containers.' },
  interval: { type: 'duration', default: '15s', least: 3_000, help: 'Scrape interval W.' },
  intervals: { type: 'int', default: '4', least: 1, help: 'Intervals measured.' },
  'flood-for': {
    type: 'duration',
    default: '10s',
    least: 1_000,
    help: 'How long commits come as fast as they can.',
  },
  'live-nodes': {
    type: 'int',
    default: '5000',
    least: 0,
    help: 'Kubelets of the real installation; 0 for none.',
  },
  'cold-start-pods': { type: 'list', default: '3000,150000', help: 'Pods that a frontend starts with.' },
  starts: {
    type: 'int',
    default: '3',
    least: 1,
    help: 'Cold starts of each size, of which the median counts.',
  },
} as const satisfies FlagTable

/** A real redis-server: what the store takes and keeps, then what an installation asks of it, then cold starts. */
export const storeScenario: Scenario = {
  name: 'store',
  summary:
    'What Redis takes, keeps and costs, and how soon a frontend that finds it filled has a complete list.',
  flags,
  run: measure,
}

async function measure(bench: Bench, given: Readonly<Record<string, unknown>>): Promise<Row[]> {
  const [intervalMs, intervals] = [Number(given.interval), Number(given.intervals)]
  const podsPerNode = Number(given['pods-per-node'])
  const rows: Row[] = []
  for (const nodes of (given.nodes as string[]).map(Number)) {
    const redis = await startRedisServer()
    bench.lifecycle.add(redis.stop)
    const floodMs = Number(given['flood-for'])
    rows.push(...(await measurePort(bench, redis, { nodes, podsPerNode, intervalMs, intervals, floodMs })))
    await redis.stop()
  }
  const liveNodes = Number(given['live-nodes'])
  if (liveNodes > 0)
    rows.push(...(await measureLive(bench, { nodes: liveNodes, podsPerNode, intervalMs, intervals })))
  for (const pods of (given['cold-start-pods'] as string[]).map(Number)) {
    const nodes = Math.ceil(pods / 30)
    const options = { intervalMs, nodes, pods, namespacePods: pods / 5 }
    const { site, rows: starts } = await coldStart(
      bench,
      options,
      Number(given.starts),
      pods <= 3_000 ? 2 : 8,
    )
    await site.stop()
    rows.push(...starts)
  }
  return rows
}
