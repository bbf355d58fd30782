import type { RedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Peer, startModule } from '../processes.ts'
import { latencyRow, percentile, type Row, row, watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import { watchRedis } from './redis-facts.ts'
import type { StorePeerRequest } from './store-peer.ts'

export type PortOptions = {
  nodes: number
  podsPerNode: number
  intervalMs: number
  intervals: number
  floodMs: number
}

const writers = 3
const followers = 2

/** Three processes that commit as shards do, two that follow as frontends do; at full speed, then at their pace. */
export async function measurePort(bench: Bench, server: RedisServer, options: PortOptions): Promise<Row[]> {
  const { nodes, podsPerNode, intervalMs, intervals, floodMs } = options
  const { progress, wait, lifecycle } = bench
  progress(`${nodes} nodes of ${podsPerNode} pods: starting ${writers} writers and ${followers} followers`)
  const facts = watchRedis(server)
  lifecycle.add(facts.close)
  const start = async (name: string, count: number) => {
    const peer = startModule<StorePeerRequest>('store/store-peer.ts', [])
    lifecycle.add(peer.stop)
    await peer.ask({ do: 'start', redisUrl: server.url, intervalMs, name, nodes: count, podsPerNode })
    return peer
  }
  const counts = Array.from({ length: writers }, (_, at) => Math.floor((nodes + at) / writers))
  const shards = await Promise.all(counts.map((count, at) => start(`shard-${at}`, count)))
  const frontends = await Promise.all(
    Array.from({ length: followers }, (_, at) => start(`frontend-${at}`, 0)),
  )
  const all = <A>(peers: Peer<StorePeerRequest>[], request: StorePeerRequest) =>
    Promise.all(peers.map((peer) => peer.ask<A>(request)))
  const sum = (values: number[]) => values.reduce((total, each) => total + each, 0)

  const empty = await facts.read()
  await all(shards, { do: 'fill' })
  const filled = await facts.read()
  const bytesPerNode = (filled.datasetBytes - empty.datasetBytes) / nodes

  progress(`commits as fast as they come, for ${floodMs / 1000} s`)
  const beforeFlood = await facts.read()
  const commits = sum(await all<number>(shards, { do: 'flood', ms: floodMs }))
  const afterFlood = await facts.read()

  progress('one follower reads everything')
  const [reader] = frontends
  const beforeLoad = await facts.read()
  const loaded = await reader?.ask<{ records: number; ms: number }>({ do: 'load' })
  const afterLoad = await facts.read()

  await all([...shards], { do: 'fill' }).catch(() => {})
  await all(shards, { do: 'pace', on: true })
  await all(frontends, { do: 'follow', on: true })
  await wait(intervalMs, 'every node is committed once an interval')
  await Promise.all([all(shards, { do: 'pace', on: true }), all(frontends, { do: 'follow', on: true })])
  const idle = watchIdle()
  const before = await facts.read()
  const startedMs = performance.now()
  await wait(intervals * intervalMs, `measuring ${intervals} intervals`)
  const committed = (await all<number[]>(shards, { do: 'pace', on: false })).flat()
  const followed = (await all<number[]>(frontends, { do: 'follow', on: false })).flat()
  const after = await facts.read()
  const tookMs = performance.now() - startedMs
  const idleShare = idle()
  await Promise.all([...shards, ...frontends].map((peer) => peer.stop()))
  facts.close()

  const at = `${nodes} nodes`
  return [
    row(`${at}: bytes in Redis per node`, bytesPerNode, 'B'),
    row(`${at}: bytes in Redis per pod`, bytesPerNode / podsPerNode, 'B'),
    row(`${at}: commits, as many as ${writers} writers get`, commits / (floodMs / 1000), '1/s'),
    row(`${at}: CPU of Redis per commit`, ((afterFlood.cpuMs - beforeFlood.cpuMs) / commits) * 1000, 'µs'),
    row(
      `${at}: changes, as many as one follower reads`,
      loaded && loaded.records / (loaded.ms / 1000),
      '1/s',
    ),
    row(
      `${at}: CPU of Redis per change`,
      loaded && ((afterLoad.cpuMs - beforeLoad.cpuMs) / loaded.records) * 1000,
      'µs',
    ),
    latencyRow(`${at}: a commit at pace, p50`, percentile(committed, 0.5), 'ms', idleShare),
    latencyRow(`${at}: a commit at pace, p99`, percentile(committed, 0.99), 'ms', idleShare),
    latencyRow(`${at}: a page of changes at pace, p99`, percentile(followed, 0.99), 'ms', idleShare),
    row(`${at}: commits at pace`, committed.length / (tookMs / 1000), '1/s'),
    row(`${at}: CPU of Redis at pace`, ((after.cpuMs - before.cpuMs) / tookMs) * 100, '% of a core'),
  ]
}
