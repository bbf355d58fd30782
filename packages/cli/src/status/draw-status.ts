import type { ApiStatus } from './read-api.ts'
import type { AgeState, NodeStatus, RingStatus } from './status-ring.ts'

/** What is known besides the ring, where somebody watches. */
export type Watched = {
  /** Successful scrapes a second since the last look; undefined at the first. */
  scrapesPerS?: number | undefined
  api?: ApiStatus | undefined
}

const barWidth = 24

/** The ring in text, for people. Pure. */
export function drawStatus(ring: RingStatus, intervalMs: number, watched: Watched = {}): string {
  const { nodes, late, greatestAgeMs, worst, asked } = ring
  const sum = `${nodes} nodes, ${late} not scraped within two intervals; greatest age ${seconds(greatestAgeMs)}`
  const blocks = [
    asked ? drawNode(asked) : [],
    drawShards(ring),
    [sum, ...drawWatched(watched)],
    drawAges(ring, intervalMs),
    worst.length > 0 ? drawWorst(worst) : [],
  ]
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** Who scrapes a node, when it last was scraped, and why not since. */
function drawNode({ node, ageMs, by, failure }: NodeStatus): string[] {
  const last = ageMs === undefined ? 'was never scraped' : `was scraped ${seconds(ageMs)} ago by ${by}`
  return [`${node} ${last}`, ...(failure ? [`  since then ${failure.by} failed: ${failure.reason}`] : [])]
}

function drawShards({ shards, nodes }: RingStatus): string[] {
  const rows = shards.map((each) => {
    const { shard, state, renewedMs } = each
    return [shard, state, seconds(renewedMs), String(each.nodes), String(each.late), bar(each.nodes, nodes)]
  })
  return table([['SHARD', 'STATE', 'RENEWED', 'NODES', 'LATE', ''], ...rows])
}

function drawWatched({ scrapesPerS, api }: Watched): string[] {
  const scrapes = scrapesPerS === undefined ? [] : [`${scrapesPerS.toFixed(1)} scrapes a second`]
  if (!api) return scrapes
  if ('trouble' in api) return [...scrapes, `pods served: not known (${api.trouble})`]
  const { podsServed, podsRunning, tookMs } = api
  const part = podsRunning === 0 ? '' : ` (${Math.floor((podsServed / podsRunning) * 100)} %)`
  return [
    ...scrapes,
    `${podsServed} of ${podsRunning} running pods served${part}; listed in ${Math.round(tookMs)} ms`,
  ]
}

function drawAges({ ages, nodes }: RingStatus, intervalMs: number): string[] {
  const rows = ages.map((age) => [describe(age.state, intervalMs), String(age.nodes), bar(age.nodes, nodes)])
  return table([['AGE', 'NODES', ''], ...rows])
}

function drawWorst(worst: readonly NodeStatus[]): string[] {
  const rows = worst.map(({ node, ageMs, by, failure }) => [
    node,
    seconds(ageMs),
    by || '-',
    failure?.reason ?? '',
  ])
  return table([['NODE', 'AGE', 'BY', 'WHY'], ...rows])
}

function describe(state: AgeState, intervalMs: number): string {
  if (state === 'older' || state === 'never') return state
  return `to ${Number(((Number(state) * intervalMs) / 1000).toFixed(1))} s`
}

/** In proportion; what is there is seen. */
function bar(part: number, all: number): string {
  return part === 0 ? '' : '█'.repeat(Math.max(1, Math.round((part / all) * barWidth)))
}

function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('   ')
      .trimEnd(),
  )
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`
}
