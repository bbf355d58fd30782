import type { DemoState, ShardView } from './observe.ts'

export type ScreenInfo = {
  kubeconfig: string
  /** The status page. */
  pageUrl: string
  /** For `metrics-ring doctor`; empty where it has a password, or might have one. */
  redisUrl: string
  intervalMs: number
  seed: number
  /** There is a keyboard. */
  keys: boolean
  /** What was done to the ring, newest first. */
  deeds: readonly string[]
  /** Most rows that kubectl top lacked at once since it had them all for the first time; undefined: never had. */
  worstMissing: number | undefined
}

export type ScreenSize = { rows: number; columns: number }

/** What the visitor sees: the ring, the pace and kubectl's own tables, in as many lines as there are. Pure. */
export function drawScreen(state: DemoState, info: ScreenInfo, { rows, columns }: ScreenSize): string[] {
  const head = [
    title(state, info),
    ...drawRing(state, columns, rows),
    `  frontends: ${state.frontends.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ') || 'none'}`,
    ...drawPace(state, info),
    ...info.deeds.slice(0, 2).map((deed) => `> ${deed}`),
    '',
  ].map((line) => cut(line, columns))
  const foot = ['', ...drawHelp(info).map((line) => cut(line, columns)), ...howToJoin(info, rows)]
  const room = Math.max(6, rows - head.length - foot.length)
  return [...head, ...drawTables(state, room, columns), ...foot]
}

function title({ nodes, pods }: DemoState, { intervalMs, seed }: ScreenInfo): string {
  return `metrics-ring: ${nodes} nodes, ${pods} pods, scraped every ${seconds(intervalMs)} (seed ${seed})`
}

function drawRing({ shards, nodes }: DemoState, columns: number, rows: number): string[] {
  const most = Math.max(3, Math.floor(rows / 4))
  const shown = shards.slice(0, shards.length > most ? most - 1 : most)
  const lines = shown.map((shard) => drawShard(shard, nodes, columns))
  if (shards.length > shown.length) lines.push(`  … and ${shards.length - shown.length} more shards`)
  if (shards.length === 0) lines.push('  no shard is left: samples grow old until one is added')
  return lines
}

function drawShard({ name, pid, counts }: ShardView, nodes: number, columns: number): string {
  const who = `  ${name.padEnd(9)} ${`(pid ${pid})`.padEnd(13)}`
  if (!counts) return `${who}no answer: starting, stopped or gone`
  const covered = counts.retained + counts.adopted
  const width = Math.max(10, Math.min(60, columns - who.length - 28))
  const length = (part: number) => Math.round((part * width) / Math.max(1, nodes))
  const bar = '█'.repeat(length(counts.own)) + '░'.repeat(length(covered))
  const note = covered > 0 ? `, covers ${covered}` : ''
  return `${who}${bar}${bar === '' ? '' : ' '}${counts.own} node${counts.own === 1 ? '' : 's'}${note}`
}

function drawPace({ pace, oldestSampleMs, top }: DemoState, { worstMissing }: ScreenInfo): string[] {
  const { least, most, intervals, longestGapMs } = pace
  const scrapes = `Scrapes per kubelet and interval (last ${intervals}): min ${least}, max ${most}`
  const oldest = oldestSampleMs === undefined ? 'none yet' : seconds(oldestSampleMs)
  const rows =
    worstMissing === undefined
      ? `Rows still to come: ${top.missingRows}`
      : `Rows missing: ${top.missingRows}, at worst ${worstMissing}`
  return [
    intervals === 0 ? 'No kubelet was scraped yet.' : `${scrapes}; longest gap ${seconds(longestGapMs)}`,
    `${rows}. Oldest sample served: ${oldest}.`,
  ]
}

function drawHelp({ keys }: ScreenInfo): string[] {
  return keys ? ['shard: [k]ill -9  [t]erm  [s]top, cont  [a]dd   frontend: [f] kill -9   [q]uit'] : []
}

/** Below this there is none for more than the tables. */
const rowsForDoctor = 30

/** Not cut: a path is of use only in full. */
function howToJoin({ kubeconfig, pageUrl, redisUrl, intervalMs }: ScreenInfo, rows: number): string[] {
  const join = [`Status page: ${pageUrl}`, `export KUBECONFIG=${kubeconfig}`]
  if (rows < rowsForDoctor) return join
  return [
    ...join,
    ...(redisUrl ? [`export REDIS_URL=${redisUrl}`] : []),
    `npx metrics-ring doctor --ring-name=demo --metric-resolution=${intervalMs / 1000}s`,
  ]
}

const besideFrom = 150

function drawTables({ top }: DemoState, room: number, columns: number): string[] {
  const nodes = { command: 'kubectl top nodes', output: top.nodes }
  const pods = { command: 'kubectl top pods -A', output: top.pods }
  if (columns >= besideFrom) return beside(nodes, pods, top.missing, room, columns)
  const left = room - 1
  const wantedLines = top.nodes.trimEnd().split('\n').length + 1
  const upper = Math.min(wantedLines, Math.floor(left / 2))
  return [
    ...drawTable(nodes, top.missing, upper),
    '',
    ...drawTable(pods, top.missing, left - Math.max(upper, 3)),
  ].map((line) => cut(line, columns))
}

type Table = { command: string; output: string }

/** At most `lines` lines, and at least three. */
function drawTable({ command, output }: Table, missing: readonly string[], lines: number): string[] {
  const rows = output.trimEnd().split('\n')
  const prompt = `$ ${command}`
  if (output.trim() === '') return [prompt, `  (nothing yet: ${missing.at(-1) ?? 'waiting for samples'})`]
  const room = Math.max(2, lines - 1)
  if (rows.length <= room) return [prompt, ...rows]
  return [prompt, ...rows.slice(0, room - 1), `… ${rows.length - room + 1} more`]
}

function beside(
  left: Table,
  right: Table,
  missing: readonly string[],
  lines: number,
  columns: number,
): string[] {
  const [a, b] = [drawTable(left, missing, lines), drawTable(right, missing, lines)]
  const width = Math.min(Math.floor(columns / 2) - 2, Math.max(...a.map((line) => line.trimEnd().length)) + 4)
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) =>
    cut(`${cut(a[at] ?? '', width).padEnd(width)}  ${b[at] ?? ''}`.trimEnd(), columns),
  )
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function cut(line: string, columns: number): string {
  const text = line.trimEnd()
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`
}
