import { errorText } from '@metrics-ring/common/errors'
import type { FlagTable } from '@metrics-ring/common/flags'
import { type Row, table } from '../rows.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { type Fault, faults } from './faults.ts'
import { measure, seconds } from './measure.ts'
import { addShards, drain } from './moves.ts'
import { faultRows, unmeasured } from './rows-of-faults.ts'
import { type Site, type SiteOptions, startSite } from './site.ts'
import { untilSettled } from './wait.ts'
import type { Listed } from './watcher.ts'

const names = faults.map(({ name }) => name)

const flags = {
  nodes: {
    type: 'int',
    default: '1000',
    least: 10,
    help: 'Kubelets, each over TLS on an address of its own.',
  },
  'pods-per-node': { type: 'int', default: '10', least: 1, help: 'Pods on each node.' },
  shards: { type: 'int', default: '3', least: 2, help: 'Shard processes.' },
  frontends: { type: 'int', default: '2', least: 1, help: 'Frontend processes.' },
  interval: {
    type: 'duration',
    default: '15s',
    least: 3_000,
    help: 'Scrape interval W; faults, waits and targets are in proportion.',
  },
  sampling: {
    type: 'string',
    default: 'cadvisor',
    oneOf: ['cadvisor', 'cri'],
    help: 'How kubelets sample: on their own, or when asked.',
  },
  credentials: {
    type: 'string',
    default: 'certificate',
    oneOf: ['certificate', 'token'],
    help: 'What shards show kubelets; without an API server kubelets refuse tokens after two minutes.',
  },
  faults: { type: 'list', default: names.join(','), help: 'Which faults, in this order.' },
} as const satisfies FlagTable

/** Shards, frontends and Redis as processes of their own, each fault in turn, counted at kubelets and at a client. */
export const chaosScenario: Scenario = {
  name: 'chaos',
  summary:
    'What faults cost: counted at the kubelets, in the store, and at a client that lists all pods at 10 Hz.',
  flags,
  async run(bench, given) {
    const chosen = chosenFaults(given.faults as string[])
    const options = {
      nodes: Number(given.nodes),
      podsPerNode: Number(given['pods-per-node']),
      shards: Number(given.shards),
      frontends: Number(given.frontends),
      intervalMs: Number(given.interval),
      sampling: given.sampling === 'cri' ? 'cri' : 'cadvisor',
      credentials: given.credentials === 'token' ? 'token' : 'certificate',
    } as const
    const rows: Row[] = []
    for (const redis of ['single', 'sentinels'] as const) {
      const here = chosen.filter((fault) => (fault.redis ?? 'single') === redis)
      if (here.length > 0) rows.push(...(await rowsOfAll(bench, { ...options, redis }, here)))
    }
    return rows
  },
}

function chosenFaults(wanted: readonly string[]): Fault[] {
  return wanted.map((name) => {
    const fault = faults.find((each) => each.name === name)
    if (!fault) throw new Error(`--faults: there is no ${name}; there are ${names.join(', ')}`)
    return fault
  })
}

async function rowsOfAll(bench: Bench, options: SiteOptions, chosen: readonly Fault[]): Promise<Row[]> {
  const site = await startSite(bench, options)
  const rows: Row[] = []
  for (const fault of chosen) rows.push(...(await rowsOf(site, fault)))
  await site.stop()
  return rows
}

/** A fault that cannot be inflicted costs its own rows only. */
async function rowsOf(site: Site, fault: Fault): Promise<Row[]> {
  const { bench, options } = site
  try {
    await prepare(site, fault.shards ?? options.shards)
    bench.progress(`${fault.title} …`)
    const measured = await measure(site, fault)
    const rows = faultRows(fault, measured, options)
    bench.progress(`\n${table(rows)}${remarks(measured.listed)}`)
    return rows
  } catch (error) {
    bench.progress(`${fault.title}: ${errorText(error)}`)
    return unmeasured(fault)
  }
}

function remarks(listed: Listed): string {
  const lines = [
    ...listed.faults.map((fault) => `a list failed: ${fault}`),
    ...(listed.missing.length > 0 ? [`missing: ${listed.missing.slice(0, 5).join(', ')}`] : []),
    ...(listed.skipped > 0 ? [`${listed.skipped} lists were not sent, the answers being slow`] : []),
    `the oldest sample was of ${listed.oldest}`,
  ]
  return `\n${lines.join('\n')}`
}

/** So many shards, and calm. */
async function prepare(site: Site, shards: number): Promise<void> {
  const running = site.deployment.shards()
  const startedMs = Date.now()
  if (running.length < shards) await addShards(site, shards - running.length)
  for (const each of running.slice(0, Math.max(0, running.length - shards))) await drain(each)
  if (!(await untilSettled(site, 10 * site.options.intervalMs))) throw new Error('the ring does not settle')
  site.bench.progress(`${shards} shards, calm after ${seconds(Date.now() - startedMs)} s`)
}
