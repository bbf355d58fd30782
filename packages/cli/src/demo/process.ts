import { once } from 'node:events'
import { createWriteStream, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { spawnWithUs } from '@metrics-ring/common/testing/spawn-with-us'

export type ServiceProcess = {
  /** As in the ring, or of a frontend. */
  name: string
  /** Plain HTTP of a shard, HTTPS of a frontend. */
  port: number
  pid: number
  logFile: string
  alive(): boolean
  signal(signal: NodeJS.Signals): void
  /** Resolves when the process is gone, with its exit code; null: a signal killed it. */
  exited: Promise<number | null>
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Starts `metrics-ring <command> …` as a process that does not outlive this one; its log goes to a file. */
export function startProcess(options: {
  name: string
  port: number
  args: string[]
  env: Record<string, string>
  logFile: string
}): ServiceProcess {
  const { name, port, args, env, logFile } = options
  const child = spawnWithUs(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const log = createWriteStream(logFile, { flags: 'a' })
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => {
    log.end()
    return code ?? null
  })
  const alive = () => child.exitCode === null && child.signalCode === null
  return {
    name,
    port,
    pid: child.pid ?? 0,
    logFile,
    alive,
    exited,
    signal(signal) {
      if (alive()) child.kill(signal)
    },
  }
}

/** The last thing worth telling in a log of JSON lines: its last warning or error, else its last line. */
export function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, { encoding: 'utf8', flag: 'a+' }).trimEnd().split('\n')
  const line = lines.findLast((each) => /"level":"(warn|error)"/.test(each)) ?? lines.at(-1) ?? ''
  try {
    const { msg, error } = JSON.parse(line) as { msg?: string; error?: string }
    return error === undefined ? `${msg}` : `${msg}: ${error}`
  } catch {
    return line || '(nothing)'
  }
}
