import { type ChildProcess, fork } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { heapFlags } from '@metrics-ring/common/heap'

/** A child that answers requests over IPC, one answer each. */
export type Peer<Q> = {
  pid: number
  ask<A>(request: Q): Promise<A>
  stop(): Promise<void>
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** Starts a module of this directory, or of a package, in a process of its own. */
export function startPeer<Q>(
  module: string,
  options: {
    args?: string[]
    execArgv?: string[]
    env?: Record<string, string>
    logFile?: string
    /** A part of the simulation: see `givesWay`. */
    simulated?: boolean
  } = {},
): Peer<Q> {
  const { args = [], execArgv = [], env = {}, logFile, simulated = false } = options
  const child = fork(module, args, {
    ...(simulated ? givesWay(execArgv) : { execArgv }),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'json',
  })
  const log = logFile === undefined ? process.stderr : createWriteStream(logFile, { flags: 'a' })
  for (const stream of [child.stdout, child.stderr]) stream?.pipe(log, { end: false })
  return { pid: child.pid ?? 0, ask: asker(child), stop: () => end(child) }
}

/**
 * In a cluster the kubelets and the API server have machines of their own. Where they share one with what is measured, they
 * take only what it leaves: nothing measured waits for a core that they have.
 */
const givesWay = (execArgv: string[]) => ({
  execPath: 'nice',
  execArgv: ['-n', '10', process.execPath, ...execArgv],
})

export const startSimulator = <Q>() => startPeer<Q>(file('simulator.ts'), { simulated: true })

/**
 * So many pods and connections need much of a heap, and each of its collections would take a core from what is measured:
 * they come when it has doubled, what lies outside of it (bodies, TLS) counted as a part of it.
 */
const moduleArgs = [
  '--max-old-space-size=8192',
  ...heapFlags({ growingPercent: 100, youngGrows: true, isLarge: true }),
]

/** A module of this directory in a process of its own; what is itself measured is started without flags. */
export const startModule = <Q>(name: string, execArgv = moduleArgs) => startPeer<Q>(file(name), { execArgv })

/** The same where it simulates a part of a cluster. */
export const startSimulated = <Q>(name: string) =>
  startPeer<Q>(file(name), { execArgv: moduleArgs, simulated: true })

/** `metrics-ring <args>` as it is installed, with a probe inside that measures when it is told to. */
export function startService<Q>(args: string[], env: Record<string, string>, logFile: string): Peer<Q> {
  const execArgv = ['--import', file('probe.ts')]
  return startPeer<Q>(file('../packages/cli/src/main.ts'), { args, execArgv, env, logFile })
}

function asker<Q>(child: ChildProcess) {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  let last = 0
  child.on('message', ({ id, result, error }: { id: number; result?: never; error?: string }) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(result as never)
    else asked?.reject(new Error(error))
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the process ended (${signal ?? code})`))
    waiting.clear()
  })
  return <A>(request: Q) =>
    new Promise<A>((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      child.send({ id: last, request: request as object }, (error) => error && reject(error))
    })
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 5_000).unref()
  })
}
