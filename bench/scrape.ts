import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FlagTable } from '@metrics-ring/common/flags'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { measureDecode } from './decode-speed.ts'
import type { ProbeRequest, Profile, Reading } from './probe.ts'
import { type Peer, startService, startSimulator } from './processes.ts'
import { hottest, stages, timeByStage } from './profile.ts'
import { latencyRow, percentile, type Row, row, watchIdle } from './rows.ts'
import type { Bench, Scenario } from './scenario.ts'
import type { ScrapeCounts, SimulatorRequest } from './simulator.ts'
import { measureTelemetry } from './telemetry-cost.ts'

const flags = {
  nodes: {
    type: 'int',
    default: '1000',
    least: 1,
    help: 'Kubelets, each over TLS on an address of its own.',
  },
  'pods-per-node': { type: 'int', default: '30', least: 1, help: 'Pods on each node, of two containers.' },
  interval: { type: 'duration', default: '15s', least: 3_000, help: 'Scrape interval W.' },
  intervals: { type: 'int', default: '10', least: 1, help: 'Intervals measured, without the profiler.' },
  'telemetry-rounds': {
    type: 'int',
    default: '4',
    help: 'Rounds in which telemetry on is measured against off; 0 for none.',
  },
  'profile-intervals': { type: 'int', default: '3', least: 1, help: 'Intervals profiled after that.' },
} as const satisfies FlagTable

type Options = {
  nodes: number
  podsPerNode: number
  intervalMs: number
  intervals: number
  profiled: number
  telemetryRounds: number
}

/** One shard process, a simulator process and a Redis: what one scrape costs, and where that goes. */
export const scrapeScenario: Scenario = {
  name: 'scrape',
  summary: 'What a scrape costs: one shard, real TLS, real Redis, at full rate.',
  flags,
  run: (bench, given) =>
    measure(bench, {
      nodes: Number(given.nodes),
      podsPerNode: Number(given['pods-per-node']),
      intervalMs: Number(given.interval),
      intervals: Number(given.intervals),
      profiled: Number(given['profile-intervals']),
      telemetryRounds: Number(given['telemetry-rounds']),
    }),
}

async function measure(bench: Bench, options: Options): Promise<Row[]> {
  const { intervalMs, intervals, profiled } = options
  const decodeSpeed = measureDecode(options.podsPerNode)
  const site = await prepare(bench, options)
  const libraries = await librariesOnly(bench, site, intervalMs)
  const shard = await site.startShard('shard-0', [])
  await bench.wait(3 * intervalMs, 'the shard finds its nodes and settles')
  const idle = watchIdle()
  await site.simulator.ask({ do: 'reset' })
  const before = await shard.peer.ask<Reading>({ measure: 'now' })
  await bench.wait(intervals * intervalMs, `measuring ${intervals} intervals`)
  const after = await shard.peer.ask<Reading>({ measure: 'now' })
  const counts = await site.simulator.ask<ScrapeCounts>({ do: 'scrapes' })
  const idleShare = idle()
  const took = await shard.tookMs()
  await shard.peer.ask({ measure: 'profile', do: 'start' })
  await bench.wait(profiled * intervalMs, `profiling ${profiled} intervals`)
  const profile = await shard.peer.ask<Profile>({ measure: 'profile', do: 'stop' })
  bench.progress(`most CPU of their own:\n${hottest(profile, 12).join('\n')}`)

  await shard.peer.stop()
  const telemetry = await measureTelemetry(bench, site.startShard, options)

  const cpuMs = (after.cpuMs - before.cpuMs) / counts.total
  const mebibytesPer1000 = (of: (reading: Reading) => number) =>
    ((of(after) - of(libraries)) * (1_000 / options.nodes)) / 2 ** 20
  return [
    row('scrapes of a kubelet per interval, least', counts.least, '', { is: '>=', value: 0.99 }),
    row('scrapes of a kubelet per interval, most', counts.most, '', { is: '<=', value: 1.01 }),
    row('scrapes answered whole', counts.whole / counts.total, 'share', { is: '>=', value: 0.999 }),
    row('body of an answer', counts.bytes / counts.whole / 1000, 'kB'),
    row('CPU per scrape, whole process', cpuMs, 'ms'),
    ...stageRows(profile, cpuMs),
    row(
      'heap allocated per scrape',
      (after.allocatedBytes - before.allocatedBytes) / counts.total / 1000,
      'kB',
    ),
    row(
      'RSS per 1,000 nodes, libraries not counted',
      mebibytesPer1000(({ rssBytes }) => rssBytes),
      'MiB',
      { is: '<=', value: 300 },
    ),
    row(
      '  of which JavaScript heap',
      mebibytesPer1000(({ heapTotalBytes }) => heapTotalBytes),
      'MiB',
    ),
    row(
      '  of which buffers',
      mebibytesPer1000(({ externalBytes }) => externalBytes),
      'MiB',
    ),
    row('RSS with libraries only', libraries.rssBytes / 2 ** 20, 'MiB'),
    ...telemetry,
    row('decoding', decodeSpeed.megabytesPerSecond, 'MB/s'),
    row('decoding 33 kB', (decodeSpeed.msEach * 33_000) / decodeSpeed.bytes, 'ms', { is: '<=', value: 0.15 }),
    latencyRow('a scrape takes, p50', percentile(took, 0.5), 'ms', idleShare),
    latencyRow('a scrape takes, p99', percentile(took, 0.99), 'ms', idleShare),
    row('idle CPU of the machine', idleShare, 'share'),
  ]
}

/** The profile tells shares; the time they are shares of was measured without it. */
function stageRows(profile: Profile, cpuMs: number): Row[] {
  const times = timeByStage(profile)
  const allMs = [...times.values()].reduce((sum, ms) => sum + ms, 0)
  return stages.map((stage) => row(`  of which ${stage}`, ((times.get(stage) ?? 0) / allMs) * cpuMs, 'ms'))
}

/** A shard that has no node to scrape: everything is loaded and connected. */
async function librariesOnly(bench: Bench, site: Site, intervalMs: number): Promise<Reading> {
  const { peer } = await site.startShard('shard-empty', ['--node-selector=bench=none'])
  await bench.wait(Math.max(10_000, intervalMs), 'an idle shard, for its libraries')
  const reading = await peer.ask<Reading>({ measure: 'now' })
  await peer.stop()
  return reading
}

type Site = Awaited<ReturnType<typeof prepare>>

async function prepare({ lifecycle, progress }: Bench, options: Options) {
  const { nodes, podsPerNode, intervalMs } = options
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

  async function startShard(name: string, more: string[], env: Record<string, string> = {}) {
    const port = await freePort()
    const account = { do: 'account', account: 'kube-system:metrics-ring-shard', client: name } as const
    const kubeconfig = await simulator.ask<string>(account)
    const own = [`--identity=${name}`, `--ring-name=${name}`, `--kubeconfig=${kubeconfig}`]
    const health = [
      `--health-port=${port}`,
      '--health-address=127.0.0.1',
      `--metric-resolution=${intervalMs}ms`,
    ]
    const kubelets = ['--kubelet-use-node-status-port', '--kubelet-preferred-address-types=InternalIP']
    const args = ['shard', ...own, ...health, ...kubelets, ...more]
    const services = { REDIS_URL: redis.url, ...env }
    const peer: Peer<ProbeRequest> = startService(args, services, join(dir, `${name}.log`))
    lifecycle.add(peer.stop)
    return { peer, port, tookMs: () => tookMs(port) }
  }
  return { simulator, startShard }
}

/** How long the last scrape of each node took. */
async function tookMs(port: number): Promise<number[]> {
  const response = await fetch(`http://127.0.0.1:${port}/debug/nodes?limit=1000000`)
  const { nodes } = (await response.json()) as { nodes: { tookMs?: number }[] }
  return nodes.flatMap((node) => (node.tookMs === undefined ? [] : [node.tookMs]))
}
