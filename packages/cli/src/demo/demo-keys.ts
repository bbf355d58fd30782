import type { Deployment } from './deployment.ts'
import type { ServiceProcess } from './process.ts'

/** What the visitor does to the ring. */
export type Deeds = {
  press(key: string): void
  /** Newest first. */
  list(): readonly string[]
}

/** `changed` is called whenever there is something new to tell. */
export function recordDeeds(deployment: Deployment, abort: AbortController, changed: () => void): Deeds {
  const deeds: string[] = []
  const tell = (deed: string) => {
    deeds.unshift(`${new Date().toTimeString().slice(0, 8)} ${deed}`)
    changed()
  }
  function hit(victim: ServiceProcess | undefined, signal: NodeJS.Signals, what: string) {
    if (!victim) return tell(`there is no ${what} left`)
    victim.signal(signal)
    tell(`kill -${signal === 'SIGKILL' ? '9' : signal.slice(3)} ${victim.pid} (${victim.name})`)
  }
  async function addShard() {
    const { name, pid } = await deployment.addShard()
    tell(`${name} added (pid ${pid})`)
  }
  async function replaceFrontend() {
    const victim = anyOf(deployment.frontends())
    hit(victim, 'SIGKILL', 'frontend')
    await victim?.exited
    if (!victim || abort.signal.aborted) return
    const { name, pid } = deployment.restartFrontend(victim)
    tell(`${name} started again (pid ${pid})`)
  }
  /** One at a time: the same key lets it go on. */
  let paused: ServiceProcess | undefined
  const running = () => deployment.shards().filter((shard) => shard !== paused)
  function pauseOrResume() {
    if (paused?.alive()) {
      paused.signal('SIGCONT')
      tell(`kill -CONT ${paused.pid} (${paused.name})`)
      paused = undefined
    } else {
      paused = anyOf(running())
      hit(paused, 'SIGSTOP', 'shard')
    }
  }
  const failed = (error: unknown) => tell(String(error))
  const keys: Record<string, () => void> = {
    k: () => hit(anyOf(running()), 'SIGKILL', 'shard'),
    t: () => hit(anyOf(running()), 'SIGTERM', 'shard'),
    s: pauseOrResume,
    a: () => void addShard().catch(failed),
    f: () => void replaceFrontend().catch(failed),
    q: () => abort.abort(),
    '\x03': () => abort.abort(),
  }
  return { press: (key) => keys[key]?.(), list: () => deeds }
}

function anyOf<T>(all: readonly T[]): T | undefined {
  return all[Math.floor(Math.random() * all.length)]
}
