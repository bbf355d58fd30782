import type { Results, SiteResults } from '../compare/compare-results.ts'
import { cpuMsOf, rssOf, type SystemResult } from '../compare/run-system.ts'
import type { ProcessKind } from '../compare/systems.ts'
import type { Result } from '../results.ts'
import type { Row } from '../rows.ts'

/** The section of docs/performance.md that quotes a comparison. */
export function compareText({
  command,
  date,
  machine,
  memoryBytes,
  versions,
  rows,
  details,
}: Result<Results>): string {
  const { large } = details
  const gibibytes = Math.round(memoryBytes / 2 ** 30)
  const with_ = Object.entries(versions)
    .filter(([name]) => name !== 'cores' && name !== 'Node.js')
    .map(([name, version]) => `${name} ${version}`)
  return `    ${command}

${date}, ${machine}, ${gibibytes} GiB, ${with_.join(', ')}. ${large.nodes.toLocaleString('en')} kubelets with
${large.podsPerNode} pods each, half of them sampling on their own (cadvisor), half when asked (cri), W = ${large.intervalMs / 1000} s. Everything,
the simulator too, shares the ${versions.cores} cores.

${rowTable(rows)}

What each system cost at rest, per process kind from \`/proc\`, and what the other sides saw of it:

${systemTable(large)}

The simulator had ${large.simulator.processes} processes of its own, and took ${range(large, ({ simulator }) => Math.round(simulator.rssBytes / 2 ** 20))} MiB and ${range(large, ({ simulator, ms }) => Number((simulator.cpuMs / ms).toFixed(2)))} of a core
while the systems were at rest. It is in nobody's cost.
`
}

function rowTable(rows: readonly Row[]): string {
  const lines = rows.map(({ name, value, unit, target, pass, peer, ratio }) => {
    const verdict = pass === null ? '' : pass ? 'pass' : '**miss**'
    const label = name.startsWith('  ') ? `&nbsp;&nbsp;${name.trim()}` : name
    return [label, withUnit(value, unit), withUnit(peer ?? '', unit), ratio ?? '', target ?? '', verdict]
  })
  return markdown(['what', 'metrics-ring', 'metrics-server', 'ratio', 'target', ''], lines)
}

function withUnit(value: number | string, unit: string): string {
  return typeof value === 'number' ? `${value} ${unit}`.trim() : value
}

function systemTable(site: SiteResults): string {
  const head = [
    '',
    'CPU, cores',
    'RSS, MiB',
    'scrapes',
    'connections',
    'API requests an interval',
    'API watches',
    'idle CPU',
  ]
  return markdown(
    head,
    site.systems.map((system) => {
      const { steady } = system
      const sum = (of: (counts: SystemResult['steady']['kubelets'][number]) => number) =>
        steady.kubelets.reduce((all, counts) => all + of(counts), 0)
      return [
        system.name,
        parts(system, (...kinds) => (cpuMsOf(steady, ...kinds) / steady.ms).toFixed(2)),
        parts(system, (...kinds) => mebibytes(rssOf(steady.processes, ...kinds))),
        `${(sum(({ scrapes }) => scrapes) / (site.nodes * steady.intervals)).toFixed(2)} per node and interval`,
        sum(({ open }) => open),
        (
          steady.api.clients.filter(isOf(system)).reduce((all, { requests }) => all + requests, 0) /
          steady.intervals
        ).toFixed(1),
        steady.api.watches,
        `${Math.round(100 * steady.idle)} %`,
      ]
    }),
  )
}

function isOf({ steady }: SystemResult) {
  const names = new Set(steady.processes.map(({ name }) => name))
  return ({ client }: { client: string }) => names.has(client)
}

/** The whole, and of what it is made where that is more than one thing. */
function parts({ steady }: SystemResult, of: (...kinds: readonly ProcessKind[]) => string): string {
  const kinds = [...new Set(steady.processes.map(({ kind }) => kind))]
  if (kinds.length === 1) return of(...kinds)
  return `${of(...kinds)} (${kinds.map((kind) => `${kind} ${of(kind)}`).join(', ')})`
}

function mebibytes(bytes: number): string {
  return Math.round(bytes / 2 ** 20).toLocaleString('en')
}

/** From the least to the most of all systems. */
function range({ systems }: SiteResults, of: (steady: SystemResult['steady']) => number): string {
  const values = systems.map(({ steady }) => of(steady))
  return [Math.min(...values), Math.max(...values)].map((value) => value.toLocaleString('en')).join(' to ')
}

/** Four numbers for whoever reads nothing else. */
export function fourNumbers({ rows, machine, versions, details }: Result<Results>): string {
  const { nodes, places } = details.large
  const found = (start: string) => rows.find(({ name }) => name.startsWith(start))
  const set = found('CPU of 3 shards, Redis and 2 frontends')
  const lists = rows.filter(({ name }) => name.startsWith('LIST of all'))
  const list = lists.find(({ value }) => typeof value === 'number') ?? lists[0]
  const missing = found('missing pods')
  const size = `${nodes.toLocaleString('en')} nodes and ${places.pods.toLocaleString('en')} pods`
  return `Measured with ${size} on ${machine.split(',')[0]}, metrics-server ${versions['metrics-server']} beside it ([how, and the whole table](docs/performance.md)):

${markdown(
  ['', 'metrics-ring', 'metrics-server'],
  [
    ['scrapes of a kubelet per interval, highly available', scrapesOfShards(rows), '1 by each replica'],
    [
      `CPU of the highly available set (3 shards, Redis, 2 frontends; ${set?.name.split('against ')[1]})`,
      text(set),
      peerText(set),
    ],
    [
      `a list of all pods, ${list?.name.includes('JSON') ? 'JSON' : 'protobuf'}, p50`,
      text(list),
      peerText(list),
    ],
    [
      `pods missing in any list while processes are killed, restarted and rolled ${/\(.*\)/.exec(missing?.name ?? '')?.[0] ?? ''}`,
      text(missing),
      'not tried',
    ],
  ],
)}
`
}

/** From the least to the most that any kubelet had, under any number of shards. */
function scrapesOfShards(rows: readonly Row[]): string {
  const values = rows
    .flatMap(({ name }, index) =>
      /^scrapes per kubelet.* shards?,/.test(name) ? rows.slice(index, index + 2) : [],
    )
    .map(({ value }) => value)
  if (values.length === 0 || values.includes('not measured')) return 'not measured'
  const [least, most] = [Math.min(...values.map(Number)), Math.max(...values.map(Number))]
  return least === most ? `${most}` : `${least} to ${most}`
}

const text = (row: Row | undefined) => (row ? withUnit(row.value, row.unit) : 'not measured')
const peerText = (row: Row | undefined) => withUnit(row?.peer ?? 'not measured', row?.unit ?? '')

export function markdown(head: string[], lines: (string | number)[][]): string {
  const line = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...lines.map(line)].join('\n')
}
