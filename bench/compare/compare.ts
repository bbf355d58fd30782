import { errorText } from '@metrics-ring/common/errors'
import type { FlagTable } from '@metrics-ring/common/flags'
import type { Sampling } from '@metrics-ring/sim/kubelet/kubelets'
import { metricsServerBinary } from '../metrics-server.ts'
import type { Bench, Scenario } from '../scenario.ts'
import type { Results } from './compare-results.ts'
import { compareRows } from './compare-rows.ts'
import { measureAlone } from './measure-alone.ts'
import { type Phases, runSystem, type SystemResult } from './run-system.ts'
import { type Site, type SiteOptions, startSite } from './site.ts'
import type { SystemPlan } from './systems.ts'

const flags = {
  nodes: {
    type: 'int',
    default: '5000',
    least: 10,
    help: 'Kubelets, each over TLS on an address of its own.',
  },
  'pods-per-node': { type: 'int', default: '30', least: 1, help: 'Pods on each node.' },
  containers: { type: 'int', default: '2', least: 1, help: 'Containers of most pods.' },
  interval: { type: 'duration', default: '15s', least: 3_000, help: 'Scrape interval W.' },
  intervals: {
    type: 'int',
    default: '8',
    least: 1,
    help: 'Intervals at rest; half of it where only cost is measured.',
  },
  'small-nodes': { type: 'int', default: '100', least: 0, help: 'Nodes of the small cluster; 0 for none.' },
  'small-pods-per-node': {
    type: 'int',
    default: '70',
    least: 1,
    help: 'Pods on each node of the small cluster.',
  },
  lists: { type: 'int', default: '8', least: 1, help: 'Long lists of each shape.' },
  selects: { type: 'int', default: '300', least: 1, help: 'Short answers of each shape.' },
  only: { type: 'list', help: 'Measure these systems of the large cluster only, by name.' },
  'hanging-percent': {
    type: 'int',
    default: '1',
    least: 0,
    help: 'Of the kubelets, in the end; 0 for none.',
  },
  patience: {
    type: 'duration',
    default: '2m',
    least: 0,
    help: 'How long to wait for idle CPU before latencies are measured.',
  },
  'faults-interval': {
    type: 'duration',
    default: '5s',
    least: 3_000,
    help: 'Scrape interval W while processes are killed.',
  },
} as const satisfies FlagTable

type Flags = Readonly<Record<string, unknown>>

export const compareScenario: Scenario = {
  name: 'compare',
  summary:
    'metrics-server (METRICS_SERVER=path) and metrics-ring, one after the other, on the same simulated cluster.',
  flags,
  async run(bench, given) {
    const results = await measure(bench, given)
    return { rows: compareRows(results), details: results }
  },
}

/** Both ways in which kubelets sample, each with half of the nodes. */
const samplings: Sampling[] = ['cadvisor', 'cri']

/** Those that answer clients come last and next to each other: what latencies mean, a quiet machine tells. */
async function measure(bench: Bench, given: Flags): Promise<Results> {
  const size = { podsPerNode: Number(given['pods-per-node']), containers: Number(given.containers) }
  const options = {
    ...size,
    nodes: Number(given.nodes),
    seed: 1,
    intervalMs: Number(given.interval),
    samplings,
  }
  const only = given.only as string[]
  const isWhole = only.length === 0
  const plans = largePlans(given).filter(([{ name }]) => isWhole || only.includes(name))
  const smallNodes = isWhole ? Number(given['small-nodes']) : 0
  const small = { ...options, nodes: smallNodes, podsPerNode: Number(given['small-pods-per-node']) }
  return {
    samplings,
    hangingPercent: Number(given['hanging-percent']),
    small: smallNodes === 0 ? undefined : await onSite(bench, small, smallPlans(given)),
    alone: isWhole
      ? await measureAlone(bench, { faultsIntervalMs: Number(given['faults-interval']), ...size })
      : undefined,
    large: await onSite(bench, options, plans),
  }
}

type Planned = [plan: SystemPlan, phases: Phases]

const restOf = (given: Flags, settling: number): Phases => ({
  settling,
  intervals: Math.ceil(Number(given.intervals) / 2),
})

function smallPlans(given: Flags): Planned[] {
  const rest = restOf(given, 6)
  return [
    [{ name: 'metrics-server', kind: 'metrics-server', replicas: 1 }, rest],
    [{ name: 'standalone', kind: 'standalone' }, rest],
  ]
}

function largePlans(given: Flags): Planned[] {
  const rest = restOf(given, 3)
  const answers = { lists: Number(given.lists), selects: Number(given.selects) }
  const patienceMs = Number(given.patience)
  const percent = Number(given['hanging-percent'])
  const all = {
    ...rest,
    intervals: Number(given.intervals),
    ages: true,
    answers,
    patienceMs,
    ...(percent > 0 && { hanging: percent / 100 }),
  }
  return [
    [{ name: '5 shards', kind: 'sharded', shards: 5, frontends: 2 }, rest],
    [{ name: '1 shard', kind: 'sharded', shards: 1, frontends: 2 }, rest],
    [
      { name: 'standalone', kind: 'standalone' },
      { ...rest, ages: true },
    ],
    [{ name: '2 metrics-servers', kind: 'metrics-server', replicas: 2 }, rest],
    [
      { name: 'metrics-server', kind: 'metrics-server', replicas: 1 },
      { ...all, restarts: 1 },
    ],
    [
      { name: '3 shards', kind: 'sharded', shards: 3, frontends: 2 },
      { ...all, restarts: 3 },
    ],
  ]
}

/** As they are shown. */
const order = ['metrics-server', '2 metrics-servers', 'standalone', '1 shard', '3 shards', '5 shards']

/** A system that cannot be measured costs its own rows only. */
async function onSite(bench: Bench, options: SiteOptions, planned: readonly Planned[]): Promise<SiteResult> {
  const startedMs = performance.now()
  const site = await startSite(bench, options)
  bench.progress(`the cluster runs after ${Math.round((performance.now() - startedMs) / 1000)} s`)
  const systems: SystemResult[] = []
  for (const [plan, phases] of planned) {
    const result = await attempt(bench, site, plan, phases)
    if (result) systems.push(result)
  }
  const simulator = site.ownCost()
  await site.stop()
  const { nodes, podsPerNode, intervalMs } = options
  systems.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  return { nodes, podsPerNode, intervalMs, places: site.places, systems, simulator }
}

type SiteResult = Results['large']

async function attempt(
  bench: Bench,
  site: Site,
  plan: SystemPlan,
  phases: Phases,
): Promise<SystemResult | undefined> {
  if (plan.kind === 'metrics-server' && metricsServerBinary === undefined) {
    bench.progress(`${plan.name}: not measured, METRICS_SERVER is not set`)
    return undefined
  }
  try {
    return await runSystem(bench, site, plan, phases)
  } catch (error) {
    bench.progress(`${plan.name}: ${errorText(error)}`)
    return undefined
  }
}
