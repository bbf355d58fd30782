import { errorText } from '@metrics-ring/common/errors'
import type { FlagTable } from '@metrics-ring/common/flags'
import type { Sampling } from '@metrics-ring/sim/kubelet/kubelets'
import { costs, measureSteady, type ProcessCost } from '../compare/measure.ts'
import { startComplete } from '../compare/run-system.ts'
import { type Site, startSite } from '../compare/site.ts'
import type { System } from '../compare/systems.ts'
import { percentile, type Row, row, watchIdle } from '../rows.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { hpa } from '../users.ts'
import { firstLimit } from './limits.ts'

const flags = {
  nodes: { type: 'list', default: '100,1000,5000,15000', help: 'Numbers of nodes.' },
  'pods-per-node': { type: 'list', default: '10,50,110,250', help: 'Numbers of pods on each of 100 nodes.' },
  hpas: { type: 'list', default: '10,100,300,1000', help: 'Numbers of HPAs, each asking once an interval.' },
  replicas: { type: 'list', default: '1,3,5,10', help: 'Numbers of shards.' },
  'base-nodes': { type: 'int', default: '1000', least: 10, help: 'Nodes where HPAs and replicas grow.' },
  'base-pods': { type: 'int', default: '10', least: 1, help: 'Pods per node where something else grows.' },
  interval: { type: 'duration', default: '15s', least: 3_000, help: 'Scrape interval W.' },
  intervals: { type: 'int', default: '2', least: 1, help: 'Intervals measured at each size.' },
} as const satisfies FlagTable

type Flags = Readonly<Record<string, unknown>>

/** What all processes cost at one size. */
export type Point = {
  x: number
  ms: number
  processes: ProcessCost[]
  scrapesPerInterval: number
  /** Of the simulator, of a core. */
  simulatorCores: number
  idle: number
  /** Of answers to HPAs, milliseconds. */
  p50Ms?: number
  p99Ms?: number
}

export type Axis = 'nodes' | 'pods per node' | 'HPAs' | 'shards'
export type GrowthResults = {
  intervalMs: number
  base: { nodes: number; podsPerNode: number }
  axes: { axis: Axis; points: Point[] }[]
}

export const growthScenario: Scenario = {
  name: 'growth',
  summary: 'How cost grows with nodes, pods per node, HPAs and shards; and which limit is reached first.',
  flags,
  async run(bench, given) {
    const results = await grow(bench, given)
    return { rows: growthRows(results), details: results }
  },
}

const podsNodes = 100
/** A process plays no more kubelets than this. */
const kubeletsEach = 5_000

async function grow(bench: Bench, given: Flags): Promise<GrowthResults> {
  const base = { nodes: Number(given['base-nodes']), podsPerNode: Number(given['base-pods']) }
  const intervalMs = Number(given.interval)
  const intervals = Number(given.intervals)
  const numbers = (name: string) => (given[name] as string[]).map(Number)
  const site = (size: typeof base) => siteOf(bench, size, intervalMs)
  const axes: GrowthResults['axes'] = [
    { axis: 'nodes', points: [] },
    { axis: 'pods per node', points: [] },
    { axis: 'HPAs', points: [] },
    { axis: 'shards', points: [] },
  ]
  const [byNodes, byPods, byHpas, byShards] = axes.map(({ points }) => points)
  for (const nodes of numbers('nodes'))
    await withSite(
      bench,
      () => site({ ...base, nodes }),
      async (at) => {
        byNodes?.push(await atRest(bench, at, { shards: 3, intervals, x: nodes }))
      },
    )
  for (const podsPerNode of numbers('pods-per-node'))
    await withSite(
      bench,
      () => site({ nodes: podsNodes, podsPerNode }),
      async (at) => {
        byPods?.push(await atRest(bench, at, { shards: 1, intervals, x: podsPerNode }))
      },
    )
  await withSite(
    bench,
    () => site(base),
    async (at) => {
      for (const shards of numbers('replicas'))
        byShards?.push(await atRest(bench, at, { shards, intervals, x: shards }))
      byHpas?.push(...(await underHpas(bench, at, numbers('hpas'), intervals)))
    },
  )
  return { intervalMs, base, axes }
}

function siteOf(
  bench: Bench,
  size: { nodes: number; podsPerNode: number },
  intervalMs: number,
): Promise<Site> {
  const samplings: Sampling[] = Array.from({ length: Math.ceil(size.nodes / kubeletsEach) }, () => 'cadvisor')
  return startSite(bench, { ...size, containers: 2, seed: 1, intervalMs, samplings })
}

/** A size that does not fit on this machine costs its own point only. */
async function withSite(
  bench: Bench,
  start: () => Promise<Site>,
  work: (site: Site) => Promise<void>,
): Promise<void> {
  let site: Site | undefined
  try {
    site = await start()
    await work(site)
  } catch (error) {
    bench.progress(`not measured: ${errorText(error)}`)
  } finally {
    await site?.stop()
  }
}

async function complete(bench: Bench, site: Site, shards: number): Promise<System> {
  const plan = { name: `${shards} shards`, kind: 'sharded', shards, frontends: 2 } as const
  const { system } = await startComplete(bench, site, plan)
  await bench.wait(site.options.intervalMs, `${plan.name} over ${site.options.nodes} nodes settle`)
  return system
}

type How = { shards: number; intervals: number; x: number }

async function atRest(bench: Bench, site: Site, { shards, intervals, x }: How): Promise<Point> {
  const system = await complete(bench, site, shards)
  try {
    const { ms, processes, kubelets, simulator, idle } = await measureSteady(bench, site, system, intervals)
    const scrapes = kubelets.reduce((sum, counts) => sum + counts.scrapes, 0)
    return {
      ...{ x, ms, processes, idle, simulatorCores: simulator.cpuMs / ms },
      scrapesPerInterval: scrapes / (site.options.nodes * intervals),
    }
  } finally {
    await system.stop()
  }
}

/** Each HPA asks for its pods once an interval, through the first frontend. */
async function underHpas(
  bench: Bench,
  site: Site,
  counts: readonly number[],
  intervals: number,
): Promise<Point[]> {
  const system = await complete(bench, site, 3)
  const points: Point[] = []
  const { intervalMs, nodes } = site.options
  for (const x of counts) {
    const questions = (await site.selectors(x)).map(({ namespace, selector }) => ({
      path: `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?${new URLSearchParams({ labelSelector: selector })}`,
      ...hpa,
    }))
    bench.progress(`${x} HPAs`)
    const [idle, before, simulator, fromMs] = [watchIdle(), costs(system), site.ownCost().cpuMs, Date.now()]
    const perSecond = (x * 1000) / intervalMs
    const rate = { do: 'rate', questions, perSecond, forMs: intervals * intervalMs } as const
    const { tookMs } = await site.client.ask<{ tookMs: number[] }>(rate)
    const toMs = Date.now()
    const processes = costs(system).map((cost) => ({
      ...cost,
      cpuMs: cost.cpuMs - (before.find(({ name }) => name === cost.name)?.cpuMs ?? 0),
    }))
    const scrapes = (await site.scrapes(fromMs, toMs)).reduce((sum, each) => sum + each.scrapes, 0)
    points.push({
      ...{ x, ms: toMs - fromMs, processes, idle: idle() },
      simulatorCores: (site.ownCost().cpuMs - simulator) / (toMs - fromMs),
      scrapesPerInterval: (scrapes * intervalMs) / (nodes * (toMs - fromMs)),
      p50Ms: percentile(tookMs, 0.5) ?? Number.NaN,
      p99Ms: percentile(tookMs, 0.99) ?? Number.NaN,
    })
  }
  await system.stop()
  return points
}

function growthRows({ axes }: GrowthResults): Row[] {
  return axes.flatMap(({ axis, points }) => [
    ...points.flatMap(({ x, ms, processes, p99Ms }) => [
      row(`${x} ${axis}: CPU`, processes.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / ms, 'cores'),
      row(
        `${x} ${axis}: memory`,
        processes.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / 2 ** 20,
        'MiB',
      ),
      ...(p99Ms === undefined ? [] : [row(`${x} ${axis}: an answer, p99`, p99Ms, 'ms')]),
    ]),
    row(`${axis}: first limit, ${firstLimit(points)?.what ?? 'none in sight'}`, firstLimit(points)?.x, axis),
  ])
}
