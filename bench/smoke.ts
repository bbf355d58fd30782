import type { FlagTable } from '@metrics-ring/common/flags'
import type { Sampling } from '@metrics-ring/sim/kubelet/kubelets'
import type { Answered } from './compare/answers.ts'
import { runSystem, type SystemResult } from './compare/run-system.ts'
import { startSite } from './compare/site.ts'
import { type Row, row } from './rows.ts'
import type { Bench, Scenario } from './scenario.ts'

const flags = {
  nodes: {
    type: 'int',
    default: '200',
    least: 10,
    help: 'Kubelets, each over TLS on an address of its own.',
  },
  'pods-per-node': { type: 'int', default: '5', least: 1, help: 'Pods on each node.' },
  interval: { type: 'duration', default: '3s', least: 3_000, help: 'Scrape interval W.' },
  intervals: { type: 'int', default: '2', least: 1, help: 'Intervals at rest.' },
} as const satisfies FlagTable

/** Counts only: what times mean, a small cluster on a busy machine does not tell. */
export const smokeScenario: Scenario = {
  name: 'smoke',
  summary: 'A small comparison without anybody to compare with: shows that the measuring itself works.',
  flags,
  run: measure,
}

const samplings: Sampling[] = ['cadvisor', 'cri']

async function measure(bench: Bench, given: Readonly<Record<string, unknown>>) {
  const nodes = Number(given.nodes)
  const size = { nodes, podsPerNode: Number(given['pods-per-node']), containers: 2, seed: 1 }
  const site = await startSite(bench, { ...size, intervalMs: Number(given.interval), samplings })
  const result = await runSystem(
    bench,
    site,
    { name: '2 shards', kind: 'sharded', shards: 2, frontends: 2 },
    {
      ...{ settling: 1, intervals: Number(given.intervals), ages: true },
      ...{ answers: { lists: 1, selects: 2, restless: true }, restarts: 1 },
    },
  )
  await site.stop()
  return { rows: smokeRows(nodes, result), details: result }
}

function smokeRows(nodes: number, { steady, answers = [], ages, atEnd }: SystemResult): Row[] {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  const lists = answers.filter(({ items }) => items !== null)
  const lacking = ({ items, expected }: Answered) => expected - (items ?? 0)
  return [
    row('kubelets', sum(steady.kubelets.map(({ nodes: some }) => some)), '', { is: '=', value: nodes }),
    row('scrapes', sum(steady.kubelets.map(({ scrapes }) => scrapes)), '', { is: '>=', value: nodes }),
    row('scrapes answered whole', sum(steady.kubelets.map(({ whole }) => whole)), ''),
    row('requests to the API server', sum(steady.api.clients.map(({ requests }) => requests)), ''),
    row('watches of the API server', steady.api.watches, '', { is: '>=', value: 4 }),
    row('processes measured', atEnd.filter(({ rssBytes, cpuMs }) => rssBytes > 0 && cpuMs > 0).length, '', {
      is: '=',
      value: 5,
    }),
    row('shapes asked for', answers.length, '', { is: '=', value: 12 }),
    row('shapes answered with lists', lists.length, '', { is: '=', value: 10 }),
    row('pods missing in lists', sum(lists.map(lacking)), '', { is: '=', value: 0 }),
    ...samplings.map((sampling, index) =>
      row(`ages of samples, ${sampling}`, ages?.healthy[index]?.samples, '', { is: '>=', value: 1 }),
    ),
  ]
}
