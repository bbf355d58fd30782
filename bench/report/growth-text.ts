import type { ProcessKind } from '../compare/systems.ts'
import type { GrowthResults, Point } from '../growth/growth.ts'
import { firstLimit } from '../growth/limits.ts'
import type { Result } from '../results.ts'
import { markdown } from './compare-text.ts'
import { conditions } from './growth-plots.ts'

/** The section of docs/performance.md on growth. */
export function growthText({ command, date, machine, details }: Result<GrowthResults>): string {
  const tables = details.axes
    .filter(({ points }) => points.length > 0)
    .map(({ axis, points }) => {
      const limit = firstLimit(points)
      const ending = limit
        ? `First limit, were it to go on so: ${limit.what}, at about ${limit.x.toLocaleString('en')} ${axis}.`
        : 'No limit in sight.'
      return `**${axis}** (${conditions(axis, details.base)}). ${ending}\n\n${table(points)}\n`
    })
  return `    ${command}

${date}, ${machine}. Sharded, with Redis and 2 frontends. CPU in cores, memory resident in MiB; of all processes of a kind.

${tables.join('\n')}`
}

function table(points: readonly Point[]): string {
  const asked = points.some(({ p99Ms }) => p99Ms !== undefined)
  const head = [
    '',
    'shards',
    'frontends',
    'Redis',
    'scrapes per node and interval',
    'idle CPU',
    ...(asked ? ['p50, ms', 'p99, ms'] : []),
  ]
  return markdown(
    head,
    points.map((point) => [
      point.x.toLocaleString('en'),
      ...(['shard', 'frontend', 'Redis'] as const).map((kind) => cost(point, kind)),
      point.scrapesPerInterval.toFixed(2),
      `${Math.round(100 * point.idle)} %`,
      ...(asked ? [point.p50Ms?.toFixed(1) ?? '', point.p99Ms?.toFixed(1) ?? ''] : []),
    ]),
  )
}

function cost({ processes, ms }: Point, kind: ProcessKind): string {
  const own = processes.filter((each) => each.kind === kind)
  const cores = own.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / ms
  const bytes = own.reduce((sum, { rssBytes }) => sum + rssBytes, 0)
  return `${cores.toFixed(2)}, ${Math.round(bytes / 2 ** 20).toLocaleString('en')}`
}
