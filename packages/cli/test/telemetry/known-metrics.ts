import { prometheusName } from '@metrics-ring/common/telemetry/metric'
import { metricSpecs } from '../../../../scripts/telemetry/catalog.ts'

/** Every name of a series there is, with its labels. */
const known = new Map(
  metricSpecs.flatMap((spec) => {
    const name = prometheusName(spec)
    const labels = new Set([...Object.keys(spec.labels ?? {}), 'instance', 'job'])
    if (spec.kind !== 'histogram') return [[name, labels] as const]
    const bucket = [`${name}_bucket`, new Set([...labels, 'le'])] as const
    return [bucket, [`${name}_sum`, labels] as const, [`${name}_count`, labels] as const]
  }),
)
const everyLabel = new Set([...known.values()].flatMap((labels) => [...labels]))

/** Metrics and labels of a PromQL expression that nobody tells. */
export function unknownIn(expression: string): string[] {
  const unknown: string[] = []
  for (const [, name = '', matchers = ''] of expression.matchAll(
    /\b((?:metrics_ring|process|nodejs)_\w+)(?:\{([^}]*)\})?/g,
  )) {
    const labels = known.get(name)
    if (!labels) unknown.push(name)
    else
      for (const [, label = ''] of matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
        if (!labels.has(label)) unknown.push(`${name}{${label}}`)
  }
  for (const [, list = ''] of expression.matchAll(/\bby\s*\(([^)]*)\)/g))
    for (const label of list.split(',').map((each) => each.trim()))
      if (label !== '' && !everyLabel.has(label)) unknown.push(`by ${label}`)
  return unknown
}
