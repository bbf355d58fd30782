import type { ProcessCost } from '../compare/measure.ts'
import type { ProcessKind } from '../compare/systems.ts'
import type { Axis, GrowthResults, Point } from '../growth/growth.ts'
import type { Plots } from './compare-plots.ts'
import { lines } from './plot.ts'

const kinds: [ProcessKind, string][] = [
  ['shard', 'all shards'],
  ['frontend', 'both frontends'],
  ['Redis', 'Redis'],
]

const files: Record<Axis, string> = {
  nodes: 'growth-nodes',
  'pods per node': 'growth-pods',
  HPAs: 'growth-hpas',
  shards: 'growth-replicas',
}

/** One of each axis: CPU; memory is in the table. */
export function growthPlots({ axes, base, intervalMs }: GrowthResults): Plots {
  const shown = axes.filter(({ points }) => points.length > 1)
  return Object.fromEntries(
    shown.map(({ axis, points }) => [
      files[axis],
      lines({
        title: `CPU against ${axis}`,
        subtitle: `${conditions(axis, base)}, every ${intervalMs / 1000} s`,
        x: { name: axis },
        y: { name: 'cores' },
        series: kinds.map(([kind, name]) => ({
          name,
          points: points.map((point): [number, number] => [point.x, coresOf(point, kind)]),
        })),
      }),
    ]),
  )
}

export function conditions(axis: Axis, { nodes, podsPerNode }: GrowthResults['base']): string {
  if (axis === 'nodes') return `${podsPerNode} pods per node, 3 shards`
  if (axis === 'pods per node') return '100 nodes, 1 shard'
  if (axis === 'HPAs')
    return `${nodes} nodes with ${podsPerNode} pods each, 3 shards, all asking one frontend`
  return `${nodes} nodes with ${podsPerNode} pods each`
}

function coresOf({ processes, ms }: Point, kind: ProcessKind): number {
  const of = (cost: ProcessCost) => (cost.kind === kind ? cost.cpuMs : 0)
  return processes.reduce((sum, cost) => sum + of(cost), 0) / ms
}
