/** One line of values: its labels in order of name, and what it says. */
export type Series = { name: string; labels: Readonly<Record<string, string>>; value: number }
export type Family = { name: string; type: string; help: string; series: Series[] }

const nameOf = /^[a-zA-Z_:][a-zA-Z0-9_:]*/
const labelOf = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/
const numberOf = /^ ([+-]?(?:Inf|\d+(?:\.\d+)?(?:e[+-]?\d+)?)|NaN)$/
const types = ['counter', 'gauge', 'histogram']

/**
 * Reads the text format of Prometheus (0.0.4) and is as strict as its documents: each family together and once, HELP and
 * TYPE before it, no series twice, counters that end in `_total` and are not negative, histograms whose buckets grow and
 * end at `+Inf` with their count. Throws what is wrong, with the line.
 */
export function readExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>()
  let help: { name: string; text: string } | undefined
  let current: Family | undefined
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.slice(0, -1).split('\n')) {
    const wrong = (why: string) => new Error(`${why}: ${line}`)
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) ([^ ]+) (.+)$/.exec(line) ?? []
    if (word === 'HELP') {
      if (families.has(name)) throw wrong('a family comes twice')
      help = { name, text: rest }
    } else if (word === 'TYPE') {
      if (help?.name !== name) throw wrong('no HELP before')
      if (!types.includes(rest)) throw wrong('no type')
      if (rest === 'counter' && !name.endsWith('_total')) throw wrong('a counter that is no total')
      current = { name, type: rest, help: help.text, series: [] }
      families.set(name, current)
    } else if (line.startsWith('#')) throw wrong('a comment that says nothing')
    else {
      const series = readSeries(line)
      if (!current || !belongs(series.name, current)) throw wrong('of another family')
      if (current.series.some((each) => keyOf(each) === keyOf(series))) throw wrong('twice')
      if (current.type === 'counter' && !(series.value >= 0)) throw wrong('a counter below 0')
      current.series.push(series)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family)
  return families
}

/** All series of all families: what a Prometheus server would keep. */
export function seriesOf(families: ReadonlyMap<string, Family>): Series[] {
  return [...families.values()].flatMap(({ series }) => series)
}

/** As it would be written. */
export function keyOf({ name, labels }: Pick<Series, 'name' | 'labels'>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return `${name}{${sorted.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(',')}}`
}

function readSeries(line: string): Series {
  const wrong = (why: string) => new Error(`${why}: ${line}`)
  const [name] = nameOf.exec(line) ?? []
  if (name === undefined) throw wrong('no name')
  const labels: Record<string, string> = {}
  let rest = line.slice(name.length)
  if (rest.startsWith('{')) {
    do {
      const [all, label = '', value = ''] = labelOf.exec(rest.slice(1)) ?? []
      if (all === undefined || label in labels) throw wrong('a label that is none, or comes twice')
      labels[label] = value.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped))
      rest = rest.slice(1 + all.length)
    } while (rest.startsWith(','))
    if (!rest.startsWith('}')) throw wrong('labels without an end')
    rest = rest.slice(1)
  }
  const [, value] = numberOf.exec(rest) ?? []
  if (value === undefined) throw wrong('no value')
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) }
}

function belongs(name: string, { name: family, type }: Family): boolean {
  if (type !== 'histogram') return name === family
  return ['_bucket', '_sum', '_count'].some((suffix) => name === family + suffix)
}

function checkHistogram({ name, series }: Family): void {
  const groups = Map.groupBy(series, ({ labels: { le: _, ...labels } }) => keyOf({ name, labels }))
  for (const [key, group] of groups) {
    const buckets = group.filter((each) => each.name === `${name}_bucket`)
    const count = group.find((each) => each.name === `${name}_count`)?.value
    const bounds = buckets.map(({ labels }) => Number(labels.le?.replace('Inf', 'Infinity')))
    const grows = (values: number[]) =>
      values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0))
    if (!grows(bounds) || !grows(buckets.map(({ value }) => value))) throw new Error(`${key}: buckets shrink`)
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count)
      throw new Error(`${key}: the last bucket is not +Inf, or not the count`)
    if (!group.some((each) => each.name === `${name}_sum`)) throw new Error(`${key}: no sum`)
  }
}
