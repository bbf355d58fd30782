import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { until } from './installation.ts'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export type Ended = {
  code: number | null
  stdout: string
  stderr: string
  /** What is left: files in its temporary directory, and processes it had started. */
  left: string[]
}

/** `metrics-ring …`, with a temporary directory of its own. */
export function startCommand(...args: string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-command-'))
  const env = { ...process.env, TMPDIR: dir }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const pid = child.pid ?? 0
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const stdout = text(child.stdout)
  const started = new Set<number>()
  const watching = setInterval(() => {
    for (const each of childrenOf(pid)) started.add(each)
  }, 100)
  async function end(): Promise<Ended> {
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(watching)
    const files = readdirSync(dir)
    rmSync(dir, { recursive: true, force: true })
    const alive = [...started].filter(isAlive).map((each) => `process ${each}`)
    return { code, stdout: await stdout, stderr: said, left: [...files, ...alive] }
  }
  const ended = end()
  return {
    ended,
    /** Processes that it started and that still run. */
    running: () => [...started].filter(isAlive),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    started: () => started.size,
    /** Resolves when its stderr has the words. */
    says: (words: string) =>
      until(() => (said.includes(words) ? [] : [`it does not say "${words}": ${said}`]), 30_000),
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map(Number).filter((pid) => stat(pid)?.parent === parent)
}

function isAlive(pid: number): boolean {
  return (stat(pid)?.state ?? 'Z') !== 'Z'
}

/** Of Linux; the name before them is in brackets and may hold anything. */
function stat(pid: number): { state: string; parent: number } | undefined {
  try {
    const [state = '', parent = ''] =
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return { state, parent: Number(parent) }
  } catch {
    return undefined
  }
}
