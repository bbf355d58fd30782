import type { FlagTable } from '@metrics-ring/common/flags'
import { coldStart } from '../cold-start.ts'
import type { Reading } from '../probe.ts'
import { latencyRow, percentile, type Row, row, watchIdle } from '../rows.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { measureShapes, type ShapeResult } from './measure.ts'
import { shapesOf } from './shapes.ts'
import type { Site } from './site.ts'

const flags = {
  nodes: { type: 'int', default: '5000', least: 1, help: 'Nodes that the pods are on.' },
  pods: { type: 'int', default: '150000', least: 10, help: 'Pods of two containers each.' },
  'namespace-pods': { type: 'int', default: '30000', least: 1, help: 'Pods of the largest namespace.' },
  'small-pods': { type: 'int', default: '3000', least: 0, help: 'Pods of the small cluster; 0 for none.' },
  starts: { type: 'int', default: '3', least: 1, help: 'Cold starts, of which the median counts.' },
  lists: { type: 'int', default: '20', least: 1, help: 'Full lists of each form.' },
  selects: { type: 'int', default: '1500', least: 1, help: 'Selector lists of each form, and gets.' },
  interval: {
    type: 'duration',
    default: '15s',
    least: 3_000,
    help: 'Interval at which every record changes.',
  },
  profile: { type: 'bool', help: 'Say which functions took most CPU, per shape; this slows the rest.' },
} as const satisfies FlagTable

/** A frontend process behind TLS, a Redis, an API server and a client, each in its own process. */
export const listScenario: Scenario = {
  name: 'list',
  summary: 'What reading the Metrics API costs and takes, at rest and while every record changes.',
  flags,
  run: (bench, given) => measure(bench, given),
}

type Flags = Readonly<Record<string, unknown>>

async function measure(bench: Bench, given: Flags): Promise<Row[]> {
  const intervalMs = Number(given.interval)
  const options = { intervalMs, nodes: Number(given.nodes), pods: Number(given.pods) }
  const rows: Row[] = []
  const smallPods = Number(given['small-pods'])
  if (smallPods > 0) {
    const small = {
      intervalMs,
      nodes: Math.ceil(smallPods / 30),
      pods: smallPods,
      namespacePods: smallPods / 5,
    }
    rows.push(...(await coldStart(bench, small, Number(given.starts), 2).then(stopped)))
  }
  const large = { ...options, namespacePods: Number(given['namespace-pods']) }
  const { site, rows: startRows } = await coldStart(bench, large, Number(given.starts), 8)
  rows.push(...startRows)
  rows.push(...(await measureLarge(bench, site, given, intervalMs)))
  return rows
}

const stopped = async ({ site, rows }: { site: Site; rows: Row[] }) => {
  await site.stop()
  return rows
}

async function measureLarge(bench: Bench, site: Site, given: Flags, intervalMs: number): Promise<Row[]> {
  const shapes = shapesOf(site, Number(given.lists), Number(given.selects))
  const profile = Boolean(given.profile)
  await bench.wait(5_000, 'the frontend settles')
  const frontend = site.frontend()
  const settled = await frontend.ask<Reading>({ measure: 'now' })
  const atRest = await measureShapes(bench, site, shapes, { when: 'at rest', profile })
  const perSecond = await throughput(bench, site)
  await site.cluster.ask({ do: 'write', on: true })
  await bench.wait(2 * intervalMs, 'records change at full rate')
  const before = await frontend.ask<Reading>({ measure: 'now' })
  await bench.wait(followed * intervalMs, 'nobody asks')
  const after = await frontend.ask<Reading>({ measure: 'now' })
  const watched = watchIdle()
  // Watching the event loop costs CPU itself.
  await frontend.ask({ measure: 'loop', do: 'start' })
  await bench.wait(intervalMs, 'nobody asks, the event loop is watched')
  const following = await frontend.ask<ShapeResult['loop']>({ measure: 'loop', do: 'stop' })
  const idle = watched()
  const changing = await measureShapes(bench, site, shapes, { when: 'records changing', profile })
  const end = await frontend.ask<Reading>({ measure: 'now' })
  return [
    row('pods in the namespace', site.namespacePods, ''),
    row('pods selected', site.selected, ''),
    ...[...atRest, ...changing].flatMap(shapeRows),
    ...perSecond,
    row('CPU of following all records', (after.cpuMs - before.cpuMs) / (followed * intervalMs), 'cores'),
    latencyRow(
      'nobody asks, records changing, event loop held at most',
      following.longestMs,
      'ms',
      idle,
      block,
    ),
    row(
      'nobody asks, records changing, event loop held by own work at most',
      following.longestCpuMs,
      'ms',
      block,
    ),
    row('RSS after the start', settled.rssBytes / 2 ** 20, 'MiB'),
    row('RSS after everything', end.rssBytes / 2 ** 20, 'MiB'),
    row('JavaScript heap after everything', end.heapUsedBytes / 2 ** 20, 'MiB'),
    row('outside of the heap after everything', end.externalBytes / 2 ** 20, 'MiB'),
    row("RSS against metrics-server's (scenario compare)", undefined, 'x', { is: '<=', value: 1 }),
  ]
}

/** Intervals in which nobody asks: long enough for the heap to be collected whole. */
const followed = 4
const block = { is: '<=', value: 50 } as const

function shapeRows({ shape, when, asked, idle, loop }: ShapeResult): Row[] {
  const name = `${shape.name}, ${when}`
  const p99 = shape.p99Target === undefined ? undefined : ({ is: '<', value: shape.p99Target } as const)
  return [
    ...(when === 'at rest' ? [row(`${shape.name}, bytes`, asked.bytes, 'B')] : []),
    latencyRow(`${name}, p50`, percentile(asked.tookMs, 0.5), 'ms', idle),
    latencyRow(`${name}, p99`, percentile(asked.tookMs, 0.99), 'ms', idle, p99),
    latencyRow(`${name}, event loop held at most`, loop.longestMs, 'ms', idle, block),
    row(`${name}, event loop held by own work at most`, loop.longestCpuMs, 'ms', block),
  ]
}

async function throughput(bench: Bench, site: Site): Promise<Row[]> {
  const shapes = shapesOf(site, 1, 1).filter(({ isSmall }) => isSmall)
  const rows: Row[] = []
  for (const { name, question } of shapes) {
    bench.progress(`${name}: as many as four connections of eight requests each get`)
    const load = { do: 'load', question, connections: 4, inFlight: 8, ms: 5_000 } as const
    rows.push(row(`${name}, four connections`, await site.client.ask<number>(load), 'requests/s'))
  }
  return rows
}
