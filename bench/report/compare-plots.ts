import type { Results, SiteResults } from '../compare/compare-results.ts'
import { cpuMsOf, rssOf, type SystemResult } from '../compare/run-system.ts'
import type { ProcessKind } from '../compare/systems.ts'
import { bars } from './plot.ts'

/** File name (without ending) to SVG. */
export type Plots = Record<string, string>

const kinds: ProcessKind[] = ['metrics-server', 'standalone', 'shard', 'frontend', 'Redis']
const kindNames: Record<ProcessKind, string> = {
  'metrics-server': 'metrics-server',
  standalone: 'standalone',
  shard: 'shards',
  frontend: 'frontends',
  Redis: 'Redis',
}

export function comparePlots({ large, samplings, hangingPercent }: Results): Plots {
  const size = `${large.nodes.toLocaleString('en')} nodes, ${large.places.pods.toLocaleString('en')} pods of two containers, every ${large.intervalMs / 1000} s`
  return {
    'compare-cpu': costs(large, {
      title: 'CPU at rest: everything scrapes, nobody asks',
      subtitle: size,
      unit: 'cores',
      of: (system, kind) => cpuMsOf(system.steady, kind) / system.steady.ms,
    }),
    'compare-memory': costs(large, {
      title: 'Resident memory at rest',
      subtitle: size,
      unit: 'MiB',
      of: (system, kind) => rssOf(system.steady.processes, kind) / 2 ** 20,
    }),
    'compare-answers': answers(large, size),
    'compare-ages': ages(large, { samplings, hangingPercent }, size),
  }
}

type Cost = {
  title: string
  subtitle: string
  unit: string
  of(system: SystemResult, kind: ProcessKind): number
}

function costs({ systems }: SiteResults, { title, subtitle, unit, of }: Cost): string {
  const shown = kinds.filter((kind) => systems.some((system) => of(system, kind) > 0))
  return bars({
    title,
    subtitle,
    categories: systems.map(nameOf),
    series: shown.map((kind) => ({
      name: kindNames[kind],
      values: systems.map((system) => of(system, kind)),
    })),
    value: { name: unit },
    isStacked: true,
  })
}

function nameOf({ name, kind }: SystemResult): string {
  return kind === 'sharded' ? `${name}, Redis, 2 frontends` : name
}

const compared = ['metrics-server', '3 shards']
const comparedNames = ['metrics-server', 'metrics-ring (a frontend)']

function answers({ systems }: SiteResults, subtitle: string): string {
  const found = compared.map((name) => systems.find((system) => system.name === name)?.answers ?? [])
  const shapes = [...new Set(found.flat().map(({ shape }) => shape))]
  return bars({
    title: 'Time to an answer, p50',
    subtitle: `${subtitle}; all records changing`,
    height: 720,
    categories: shapes,
    series: found.map((answered, index) => ({
      name: comparedNames[index] ?? '',
      values: shapes.map((shape) => answered.find((each) => each.shape === shape)?.p50Ms ?? null),
    })),
    value: { name: 'milliseconds (logarithmic)', isLogarithmic: true },
  })
}

function ages(
  { systems }: SiteResults,
  { samplings, hangingPercent }: Pick<Results, 'samplings' | 'hangingPercent'>,
  subtitle: string,
): string {
  const found = compared.map((name) => systems.find((system) => system.name === name)?.ages)
  const rows = samplings.flatMap((sampling, index) =>
    (['healthy', 'hanging'] as const).flatMap((when) =>
      (['meanMs', 'p99Ms'] as const).map((measure) => ({
        name: `${sampling}, ${when === 'hanging' ? `${hangingPercent} % hanging, ` : ''}${measure === 'meanMs' ? 'mean' : 'p99'}`,
        values: found.map((each) => {
          const ms = each?.[when]?.[index]?.[measure]
          return ms === undefined ? null : ms / 1000
        }),
      })),
    ),
  )
  return bars({
    title: 'Age of the samples served (now − timestamp)',
    subtitle: `${subtitle}; kubelets that sample on their own (cadvisor), or when asked (cri)`,
    height: 560,
    categories: rows.map(({ name }) => name),
    series: comparedNames.map((name, index) => ({
      name,
      values: rows.map(({ values }) => values[index] ?? null),
    })),
    value: { name: 'seconds' },
  })
}
