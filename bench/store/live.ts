import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLifecycle, type Lifecycle } from '@metrics-ring/common/lifecycle'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Peer, startService, startSimulator } from '../processes.ts'
import { type Row, row, watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import type { ScrapeCounts, SimulatorRequest } from '../simulator.ts'
import { watchRedis } from './redis-facts.ts'

export type LiveOptions = { nodes: number; podsPerNode: number; intervalMs: number; intervals: number }

type Simulator = Peer<SimulatorRequest>

const shards = 3
const frontends = 2

/** A whole installation over real kubelets: what it asks of Redis, by Redis' own count. */
export async function measureLive(bench: Bench, options: LiveOptions): Promise<Row[]> {
  const lifecycle = createLifecycle((error) => bench.progress(`stopping: ${String(error)}`))
  bench.lifecycle.add(lifecycle.stop)
  try {
    return await measureInstalled(bench, lifecycle, options)
  } finally {
    // What comes after is measured without it.
    await lifecycle.stop()
  }
}

async function measureInstalled(bench: Bench, lifecycle: Lifecycle, options: LiveOptions): Promise<Row[]> {
  const { nodes, intervalMs, intervals } = options
  const { redis, simulator } = await install(bench, lifecycle, options)
  const facts = watchRedis(redis)
  lifecycle.add(facts.close)
  await settle(bench, simulator, options)
  const idle = watchIdle()
  await simulator.ask({ do: 'reset' })
  const before = await facts.read()
  const startedMs = performance.now()
  await bench.wait(intervals * intervalMs, `measuring ${intervals} intervals`)
  const after = await facts.read()
  const tookMs = performance.now() - startedMs
  const scrapes = await simulator.ask<ScrapeCounts>({ do: 'scrapes' })

  const written = after.written - before.written
  const read = after.sent - before.sent - written
  const at = `${nodes} nodes, ${shards} shards, ${frontends} frontends`
  return [
    row(`${at}: scrapes of a node in an interval`, (scrapes.total * intervalMs) / (nodes * tookMs), ''),
    row(`${at}: writes a scrape`, written / scrapes.total, 'commands', { is: '<=', value: 1 }),
    row(`${at}: reads a scrape`, read / scrapes.total, 'commands', { is: '<=', value: 0.2 }),
    row(`${at}: CPU of Redis`, ((after.cpuMs - before.cpuMs) / tookMs) * 100, '% of a core'),
    row(`${at}: idle CPU of the machine`, idle(), 'share'),
  ]
}

const mostSettling = 20

/** Resolves when every node is scraped once an interval: the first handshakes with all of them take a while. */
async function settle(bench: Bench, simulator: Simulator, { nodes, intervalMs }: LiveOptions): Promise<void> {
  for (let n = 0; n < mostSettling; n++) {
    await simulator.ask({ do: 'reset' })
    await bench.wait(intervalMs, `${shards} shards find their ${nodes} nodes and settle`)
    const { total } = await simulator.ask<ScrapeCounts>({ do: 'scrapes' })
    if (Math.abs(total / nodes - 1) < 0.01) return
  }
}

async function install(
  { progress }: Bench,
  lifecycle: Lifecycle,
  { nodes, podsPerNode, intervalMs }: LiveOptions,
) {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-bench-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  progress(`starting Redis and ${nodes} kubelets with ${podsPerNode} pods of 2 containers each`)
  const redis = await startRedisServer()
  lifecycle.add(redis.stop)
  const simulator = startSimulator<SimulatorRequest>()
  lifecycle.add(simulator.stop)
  await simulator.ask({
    do: 'start',
    options: { nodes, podsPerNode, containersPerPod: [2, 2], intervalMs, seed: 1 },
  })
  async function start(tier: 'shard' | 'frontend', number: number, more: string[]) {
    const name = `${tier}-${number}`
    const account = `kube-system:metrics-ring-${tier}`
    const kubeconfig = await simulator.ask<string>({ do: 'account', account, client: name })
    const args = [tier, `--kubeconfig=${kubeconfig}`, `--metric-resolution=${intervalMs}ms`, ...more]
    lifecycle.add(startService(args, { REDIS_URL: redis.url }, join(dir, `${name}.log`)).stop)
  }
  for (let number = 0; number < frontends; number++) {
    const listen = ['--bind-address=127.0.0.1', `--secure-port=${await freePort()}`]
    await start('frontend', number, [...listen, `--cert-dir=${join(dir, `frontend-${number}`)}`])
  }
  for (let number = 0; number < shards; number++) {
    const health = ['--health-address=127.0.0.1', `--health-port=${await freePort()}`]
    const kubelets = ['--kubelet-use-node-status-port', '--kubelet-preferred-address-types=InternalIP']
    await start('shard', number, [`--identity=shard-${number}`, ...health, ...kubelets])
  }
  return { redis, simulator }
}
