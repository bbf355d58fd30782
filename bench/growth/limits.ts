import type { ProcessCost } from '../compare/measure.ts'
import type { Point } from './growth.ts'

/** One thread runs JavaScript in a process, Redis has one for its commands: it can use no more than one core. */
const mostCores = 1
/** What V8 lets the heap grow to on a machine of this size, and about what is outside of it. */
const mostBytes = 4 * 2 ** 30

type Measure = { what: string; most: number; of(point: Point, cost: ProcessCost): number }

const measures: Measure[] = [
  { what: 'one core', most: mostCores, of: ({ ms }, { cpuMs }) => cpuMs / ms },
  { what: '4 GiB', most: mostBytes, of: (_point, { rssBytes }) => rssBytes },
]

/**
 * Which process reaches its limit first when it goes on growing as between the first and the last point, and at which
 * size. Undefined where nothing grows. Pure.
 */
export function firstLimit(points: readonly Point[]): { what: string; x: number } | undefined {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || first === last) return undefined
  const limits = [...new Set(last.processes.map(({ kind }) => kind))].flatMap((kind) =>
    measures.flatMap(({ what, most, of }) => {
      const largest = (point: Point) =>
        Math.max(...point.processes.filter((cost) => cost.kind === kind).map((cost) => of(point, cost)))
      const slope = (largest(last) - largest(first)) / (last.x - first.x)
      // What falls, or hardly rises, reaches nothing.
      if (slope * last.x < most / 50) return []
      return [{ what: `${kind}: ${what}`, x: Math.round(last.x + (most - largest(last)) / slope) }]
    }),
  )
  return limits.toSorted((a, b) => a.x - b.x)[0]
}
