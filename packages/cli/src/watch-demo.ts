import { setTimeout as sleep } from 'node:timers/promises'
import type { Running } from './demo.ts'
import type { DemoConfig } from './demo-config.ts'
import { observe } from './observe.ts'
import type { ServiceProcess } from './process.ts'
import { drawScreen } from './screen.ts'

/** Shows the demo live until it is aborted; keys act on the ring where there is a terminal. */
export async function watchDemo(running: Running, config: DemoConfig, abort: AbortController): Promise<void> {
  const { cluster, deployment, kubectl, dir } = running
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true
  const deeds: string[] = []
  let complete = false
  let worstMissing = 0
  const release = terminal ? readKeys(running, deeds, abort) : () => {}
  try {
    while (!abort.signal.aborted) {
      const state = await observe(cluster, deployment, kubectl, config.intervalMs)
      if (state.top.missing.length === 0) complete = true
      else if (complete) worstMissing = Math.max(worstMissing, state.top.missing.length)
      const { kubeconfigPath: kubeconfig } = cluster
      const info = {
        kubeconfig,
        logs: dir,
        intervalMs: config.intervalMs,
        keys: terminal,
        deeds,
        worstMissing,
      }
      const text = drawScreen(state, info, terminal ? process.stdout.rows : 40)
      process.stdout.write(terminal ? `\x1b[H\x1b[2J${text}\n` : `${text}\n\n`)
      await sleep(terminal ? 1_000 : 5_000, undefined, { signal: abort.signal }).catch(() => {})
    }
  } finally {
    release()
  }
}

function readKeys({ deployment }: Running, deeds: string[], abort: AbortController): () => void {
  const tell = (deed: string) => deeds.unshift(`${new Date().toLocaleTimeString()} ${deed}`)
  const hit = (victim: ServiceProcess | undefined, signal: NodeJS.Signals) => {
    if (!victim) return
    victim.signal(signal)
    tell(`${signal} sent to ${victim.name} (pid ${victim.pid})`)
  }
  const anyOf = (processes: ServiceProcess[]) => processes[Math.floor(Math.random() * processes.length)]
  const keys: Record<string, () => void> = {
    k: () => hit(anyOf(deployment.shards()), 'SIGKILL'),
    t: () => hit(anyOf(deployment.shards()), 'SIGTERM'),
    a: () => void deployment.addShard().then(({ name }) => tell(`${name} added`)),
    f: () => {
      const victim = anyOf(deployment.frontends())
      hit(victim, 'SIGKILL')
      if (victim) void victim.exited.then(() => deployment.restartFrontend(victim))
    },
    q: () => abort.abort(),
    '\x03': () => abort.abort(),
  }
  const onData = (data: Buffer) => keys[data.toString()]?.()
  process.stdin.setRawMode(true)
  process.stdin.resume()
  process.stdin.on('data', onData)
  return () => {
    process.stdin.off('data', onData)
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }
}
