import { keyOf, type Series } from '@metrics-ring/common/testing/exposition'

/** What promtool takes for a series: values in their order, repeated ones together, `_` where there is none. */
export type Recorded = {
  intervalMs: number
  faultFrom: number
  steps: number
  series: Record<string, string>
}

/** Requests that no rule asks about. */
const unasked = new Set(['health', 'metrics', 'discovery', 'openapi', 'other'])

/** Gathers snapshots of processes. @param rules text that names every metric worth keeping. */
export function createRecording(rules: string) {
  const wanted = new Set(rules.match(/\b(?:metrics_ring|process|nodejs)_\w+/g))
  const values = new Map<string, string[]>()
  let steps = 0

  return {
    /** @param pages by process; one that did not answer is not among them. */
    add(step: number, pages: ReadonlyMap<string, readonly Series[]>) {
      for (const [instance, page] of pages) {
        for (const { name, labels, value } of page) {
          if (!wanted.has(name) || unasked.has(labels.resource ?? '')) continue
          const key = keyOf({ name, labels: { ...labels, instance } })
          const known = values.get(key) ?? []
          values.set(key, known)
          while (known.length < step) known.push(gapAfter(known))
          known[step] = String(Number(value.toPrecision(6)))
        }
      }
      steps = step + 1
    },
    end() {
      const series: Record<string, string> = {}
      for (const [key, known] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) {
        while (known.length < steps) known.push(gapAfter(known))
        series[key] = together(known)
      }
      return { series }
    },
  }
}

/** Prometheus marks what it no longer reads as stale, once. */
function gapAfter(known: readonly string[]): string {
  const last = known.at(-1)
  return last === undefined || last === '_' || last === 'stale' ? '_' : 'stale'
}

function together(values: readonly string[]): string {
  const words: string[] = []
  for (let from = 0; from < values.length; ) {
    const value = values[from] ?? '_'
    let to = from
    while (values[to] === value) to++
    const more = to - from - 1
    if (value === 'stale' || more === 0) words.push(...values.slice(from, to))
    else words.push(value === '_' ? `_x${more + 1}` : `${value}+0x${more}`)
    from = to
  }
  return words.join(' ')
}
