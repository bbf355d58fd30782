import { constants } from 'node:os'
import { errorText } from '@metrics-ring/common/errors'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { type DemoConfig, demoHelp, readDemoConfig } from './demo-config.ts'
import { printOnce } from './demo-once.ts'
import { type Running, say, startDemo } from './start.ts'
import { watchDemo } from './watch-demo.ts'

/**
 * `metrics-ring demo`: everything there is, in a simulated cluster, until Ctrl-C (or, with --once, complete data).
 * Whatever ends it, everything it started is stopped and removed.
 */
export async function runDemo(argv: readonly string[]): Promise<void> {
  const { config, faults, help } = readDemoConfig(argv)
  if (help) return void process.stdout.write(demoHelp)
  if (faults.length > 0) {
    process.stderr.write(faults.map((fault) => `metrics-ring demo: ${fault}\n`).join(''))
    process.exitCode = 2
    return
  }
  const lifecycle = createLifecycle((error) => say(`stopping: ${errorText(error)}`))
  const abort = abortOnSignals()
  try {
    await perform(await startDemo(config, lifecycle, abort.signal), config, abort)
  } catch (error) {
    if (!abort.signal.aborted) {
      say(errorText(error))
      process.exitCode = 1
    } else if (typeof abort.signal.reason === 'number') process.exitCode = abort.signal.reason
  } finally {
    await lifecycle.stop()
  }
  process.exit()
}

/** The reason is the exit code for what a signal leaves undone. */
function abortOnSignals(): AbortController {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => abort.abort(128 + constants.signals[signal]))
  }
  return abort
}

async function perform(running: Running, config: DemoConfig, abort: AbortController): Promise<void> {
  if (config.story) return tellStory(running, config, abort.signal)
  if (config.once) return printOnce(running, config, abort.signal)
  await watchDemo(running, config, abort)
  say('stopped; nothing is left running')
}

async function tellStory({ cluster }: Running, config: DemoConfig, signal: AbortSignal): Promise<void> {
  const { tellHpaStory } = await import('../story/hpa.ts')
  const write = (text: string) => void process.stdout.write(text)
  const good = await tellHpaStory({ cluster, intervalMs: config.intervalMs, signal, write })
  if (!good) process.exitCode = 1
}
