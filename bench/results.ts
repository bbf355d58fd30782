import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { version } from '@metrics-ring/common/version'
import { metricsServerBinary } from './metrics-server.ts'
import { machine, type Row } from './rows.ts'

/** One run, as it is kept. */
export type Result<D = unknown> = {
  scenario: string
  /** That repeats it. */
  command: string
  /** Day it was made, ISO. */
  date: string
  machine: string
  memoryBytes: number
  versions: Record<string, string>
  rows: Row[]
  details: D
}

const directory = fileURLToPath(new URL('results/', import.meta.url))
export const resultFile = (name: string): string => `${directory}${name}.json`

export function saveResult(
  name: string,
  run: { scenario: string; argv: readonly string[]; rows: Row[]; details: unknown },
): void {
  const { scenario, argv, rows, details } = run
  const peer = metricsServerBinary === undefined ? '' : 'METRICS_SERVER=metrics-server '
  const result: Result = {
    scenario,
    command: `${peer}npm run bench -- ${[scenario, ...argv].map(quoted).join(' ')}`,
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    memoryBytes: totalmem(),
    versions: versions(),
    rows,
    details,
  }
  mkdirSync(directory, { recursive: true })
  writeFileSync(resultFile(name), `${JSON.stringify(result, undefined, 1)}\n`)
}

const quoted = (argument: string) => (/^[\w=./-]+$/.test(argument) ? argument : `'${argument}'`)

/** @throws Error of the file system where there is no such result */
export function loadResult<D>(name: string): Result<D> {
  return JSON.parse(readFileSync(resultFile(name), 'utf8')) as Result<D>
}

function versions(): Record<string, string> {
  const found: Record<string, string> = {
    'metrics-ring': version,
    'Node.js': process.version,
    Linux: release(),
    cores: String(cpus().length),
    Redis: firstMatch(/v=(\S+)/, 'redis-server', ['--version']),
  }
  if (metricsServerBinary !== undefined)
    found['metrics-server'] = firstMatch(
      /(v\d\S*)/,
      'go',
      ['version', '-m', metricsServerBinary],
      /\smod\s.*$/m,
    )
  return found
}

/** Of what a command prints; `unknown` where it cannot be run or says nothing of the kind. */
function firstMatch(pattern: RegExp, command: string, args: string[], within = /.*/s): string {
  try {
    const text = within.exec(execFileSync(command, args, { encoding: 'utf8' }))?.[0] ?? ''
    return pattern.exec(text)?.[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
