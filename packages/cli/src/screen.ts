import type { DemoState } from './observe.ts'

export type ScreenInfo = {
  kubeconfig: string
  logs: string
  intervalMs: number
  keys: boolean
  /** What was done to the ring last, newest first. */
  deeds: readonly string[]
  /** Most rows missing from kubectl top at once since the data was complete for the first time. */
  worstMissing: number
}

/** What the visitor sees: the ring, the pace and kubectl's own tables, in as many lines as there are. Pure. */
export function drawScreen(state: DemoState, info: ScreenInfo, lines: number): string {
  const head = [...drawRing(state), '', ...drawPace(state, info), '', ...drawHelp(state, info), '']
  const nodes = state.top.nodes.trimEnd().split('\n')
  const pods = state.top.pods.trimEnd().split('\n')
  const left = Math.max(8, lines - head.length - 5)
  const nodeLines = Math.max(4, Math.min(nodes.length, Math.floor(left / 2)))
  return [
    ...head,
    `$ kubectl top nodes            (${nodes.length - 1} rows)`,
    ...clip(nodes, nodeLines),
    '',
    `$ kubectl top pods -A          (${pods.length - 1} rows)`,
    ...clip(pods, Math.max(4, left - nodeLines)),
  ].join('\n')
}

const barWidth = 40

function drawRing({ shards }: DemoState): string[] {
  const all = shards.map(({ counts }) => (counts ? counts.own + counts.retained + counts.adopted : 0))
  const total = Math.max(
    1,
    all.reduce((sum, each) => sum + each, 0),
  )
  const rows = shards.map(({ name, pid, counts }) => {
    if (!counts) return `  ${name.padEnd(9)} pid ${String(pid).padEnd(8)} (not answering)`
    const bar = (nodes: number, mark: string) => mark.repeat(Math.round((nodes * barWidth) / total))
    const shadows = counts.retained + counts.adopted
    const note = shadows > 0 ? `, covers ${shadows} more` : ''
    const drawn = bar(counts.own, '█') + bar(shadows, '░')
    return `  ${name.padEnd(9)} pid ${String(pid).padEnd(8)} ${drawn} ${counts.own} nodes${note}`
  })
  return [`The ring: ${shards.length} shards`, ...rows]
}

function drawPace({ pace, oldestSampleMs, frontends, top }: DemoState, info: ScreenInfo): string[] {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const age = oldestSampleMs === undefined ? 'none yet' : seconds(oldestSampleMs)
  return [
    `Scrapes of each kubelet over the last ${pace.intervals} intervals of ${seconds(info.intervalMs)}: at least ${pace.least}, at most ${pace.most}; longest gap ${seconds(pace.longestGapMs)}`,
    `Oldest sample served: ${age}   Frontends: ${frontends.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}`,
    top.missing.length > 0
      ? `Missing now: ${top.missing.join('; ')}`
      : `Every node and pod has its row; rows missing at any time since the start: ${info.worstMissing}`,
  ]
}

function drawHelp(_: DemoState, info: ScreenInfo): string[] {
  const keys = '[k] kill -9 a shard  [t] SIGTERM a shard  [a] add a shard  [f] kill -9 a frontend  [q] quit'
  return [
    ...(info.keys ? [keys] : []),
    `In another terminal: export KUBECONFIG=${info.kubeconfig}   (logs: ${info.logs})`,
    ...info.deeds.slice(0, 2).map((deed) => `> ${deed}`),
  ]
}

function clip(rows: string[], most: number): string[] {
  if (rows.length <= most) return rows
  return [...rows.slice(0, most - 1), `… ${rows.length - most + 1} more`]
}
