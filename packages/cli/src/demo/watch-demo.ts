import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoConfig } from './demo-config.ts'
import { type Deeds, recordDeeds } from './demo-keys.ts'
import { type DemoState, observe } from './observe.ts'
import { drawScreen, type ScreenInfo, type ScreenSize } from './screen.ts'
import type { Running } from './start.ts'
import { openTerminal, type Terminal } from './terminal.ts'

const plainSize: ScreenSize = { rows: 40, columns: 120 }
/** Between two looks: at a terminal, and where the output goes elsewhere. */
const pauseMs = { terminal: 1_000, plain: 5_000 }

/** Shows the demo live until it is aborted; keys act on the ring where there is a terminal. */
export async function watchDemo(running: Running, config: DemoConfig, abort: AbortController): Promise<void> {
  const { cluster, deployment, kubectl, pageUrl, redisUrl } = running
  const { stdin, stdout } = process
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true
  let state: DemoState | undefined
  let worstMissing: number | undefined
  let terminal: Terminal | undefined
  const deeds: Deeds = recordDeeds(deployment, abort, draw)

  function draw() {
    if (!state) return
    const info: ScreenInfo = {
      kubeconfig: cluster.kubeconfigPath,
      pageUrl,
      redisUrl,
      intervalMs: config.intervalMs,
      seed: cluster.model.seed,
      keys: isTerminal,
      deeds: deeds.list(),
      worstMissing,
    }
    const lines = drawScreen(state, info, terminal?.size() ?? plainSize)
    if (terminal) terminal.draw(lines)
    else stdout.write(`${lines.join('\n')}\n\n`)
  }
  async function look() {
    state = await observe(cluster, deployment, kubectl, config.intervalMs)
    const { missing, missingRows } = state.top
    if (worstMissing !== undefined) worstMissing = Math.max(worstMissing, missingRows)
    else if (missing.length === 0) worstMissing = 0
  }
  try {
    await look()
    if (isTerminal) terminal = openTerminal(stdin, stdout, { key: deeds.press, resize: draw })
    while (!abort.signal.aborted) {
      draw()
      const waitMs = isTerminal ? pauseMs.terminal : pauseMs.plain
      await sleep(waitMs, undefined, { signal: abort.signal }).catch(() => {})
      if (!abort.signal.aborted) await look()
    }
  } finally {
    terminal?.close()
  }
}
