import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '../src/errors.ts'
import { freePort } from './free-port.ts'
import { spawnWithUs } from './spawn-with-us.ts'

export type RedisServer = {
  port: number
  /** `redis://127.0.0.1:<port>`, with the password if there is one. */
  url: string
  /** Of the process that runs now. */
  pid(): number
  /** Ends the process at once, as a crash would, and waits for its end. */
  kill(): Promise<void>
  /** Starts it again on its port, empty. */
  restart(): Promise<void>
  /** Ends it for good and removes its directory. Calling it again does nothing. */
  stop(): Promise<void>
}

export type RedisServerOptions = {
  password?: string
  /** More of redis-server's own arguments, e.g. `['--maxmemory', '10mb']`. */
  args?: readonly string[]
  /** Text of a configuration file, which comes before the arguments; may name `{dir}`. */
  config?: string
  /** Of the process, besides our own. */
  env?: Readonly<Record<string, string>>
  /** What it prints when it can be asked. */
  readyText?: string
  port?: number
}

const startMs = 10_000

/**
 * A private redis-server on a free loopback port that writes nothing to disk. It does not outlive this process.
 * Rejects with a CodedError: `redis_missing` where redis-server is not installed, `redis_failed` if it will not run.
 */
export async function startRedisServer({
  password,
  args = [],
  config,
  env = {},
  readyText = 'Ready to accept connections',
  port: wantedPort,
}: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-redis-'))
  const port = wantedPort ?? (await freePort())
  const file = join(dir, 'redis.conf')
  if (config !== undefined) writeFileSync(file, config.replaceAll('{dir}', dir))
  const all = [
    ...(config === undefined ? [] : [file]),
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  if (password !== undefined) all.push('--requirepass', password)
  const start = () => startProcess([...all, ...args], env, readyText)
  const endWithUs = () => child.kill('SIGKILL')
  let child = await start().catch((error) => {
    rmSync(dir, { recursive: true, force: true })
    throw error
  })
  process.once('exit', endWithUs)
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`
  return {
    port,
    url: `redis://${login}127.0.0.1:${port}`,
    pid: () => child.pid ?? 0,
    kill: () => end(child),
    async restart() {
      await end(child)
      child = await start()
    },
    async stop() {
      process.off('exit', endWithUs)
      await end(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  readyText: string,
): Promise<ChildProcess> {
  const child = spawnWithUs('redis-server', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  return ready(child, readyText)
}

function ready(child: ChildProcess, readyText: string): Promise<ChildProcess> {
  let output = ''
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(`it was not ready after ${startMs} ms`), startMs)
    function fail(why: string, code = 'redis_failed') {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new CodedError(code, `redis-server cannot be started: ${why}`))
    }
    const exited = (status: number | null) => {
      if (status === 127) fail('install it, e.g. apt-get install redis-server', 'redis_missing')
      else fail(output.trim().split('\n').slice(-3).join(' / '))
    }
    child.once('error', (error) => fail(error.message))
    child.once('exit', exited)
    child.stdout?.on('data', (chunk) => {
      output = (output + chunk).slice(-4_000)
      if (!output.includes(readyText)) return
      clearTimeout(timer)
      child.off('exit', exited)
      resolve(child)
    })
  })
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
