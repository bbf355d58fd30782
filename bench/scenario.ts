import { type FlagTable, flagsHelp, readFlags } from '@metrics-ring/common/flags'
import { createLifecycle, type Lifecycle } from '@metrics-ring/common/lifecycle'
import { saveResult } from './results.ts'
import { machine, type Row, table } from './rows.ts'

/** What a scenario is given: stops run in reverse when it is over, also when it fails. */
export type Bench = {
  lifecycle: Lifecycle
  /** A line on stderr. */
  progress(text: string): void
  /** Waits, saying every few seconds how much is left. */
  wait(ms: number, what: string): Promise<void>
}

/** One thing to measure, in a file of its own: its flags, and what gives the rows. */
export type Scenario = {
  name: string
  /** One line. */
  summary: string
  flags: FlagTable
  /** The numbers are in milliseconds where the flag is a duration. */
  run(bench: Bench, flags: Readonly<Record<string, unknown>>): Promise<Row[] | Outcome>
}

/** Rows, and what they were made from, for whoever plots it. */
export type Outcome = { rows: Row[]; details: unknown }

const shared = {
  json: { type: 'bool', help: 'Print the rows as JSON in the last line.' },
  save: { type: 'string', help: 'Keep everything measured as bench/results/<name>.json.' },
  help: { type: 'bool', short: 'h', help: 'Print this help and exit.' },
} as const satisfies FlagTable

/** Runs a scenario from its command line. A row that fails its target does not make the run fail. */
export async function runScenario(scenario: Scenario, argv: readonly string[]): Promise<void> {
  const flags: FlagTable = { ...scenario.flags, ...shared }
  const { values, faults } = readFlags(flags, argv)
  if (values.help)
    return print(`${scenario.summary}\n\nnpm run bench -- ${scenario.name} [flags]\n\n${flagsHelp(flags)}`)
  if (faults.length > 0) {
    process.stderr.write(faults.map((fault) => `bench ${scenario.name}: ${fault}\n`).join(''))
    process.exitCode = 2
    return
  }
  const lifecycle = createLifecycle((error) => say(scenario.name, `stopping: ${String(error)}`))
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void lifecycle.stop().then(() => process.exit(1)))
  try {
    const outcome = await scenario.run(benchOf(scenario.name, lifecycle), values)
    const { rows, details } = 'rows' in outcome ? outcome : { rows: outcome, details: undefined }
    print(`\n${scenario.name}, ${machine()}\n\n${table(rows)}\n`)
    if (typeof values.save === 'string')
      saveResult(values.save, { scenario: scenario.name, argv, rows, details })
    if (values.json) print(JSON.stringify({ scenario: scenario.name, machine: machine(), rows }))
  } finally {
    await lifecycle.stop()
  }
}

function benchOf(name: string, lifecycle: Lifecycle): Bench {
  return {
    lifecycle,
    progress: (text) => say(name, text),
    async wait(ms, what) {
      const endMs = performance.now() + ms
      for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
        say(name, `${what}: ${Math.ceil(leftMs / 1000)} s`)
        await new Promise((resolve) => setTimeout(resolve, Math.min(leftMs, 10_000)))
      }
    },
  }
}

function say(name: string, text: string): void {
  process.stderr.write(`bench ${name}: ${text}\n`)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
