import { accessSync, constants } from 'node:fs'
import { errorText } from './errors.ts'
import { type FlagTable, flagsHelp } from './flags.ts'
import { createLog, type Log } from './log.ts'
import { showsPassword } from './redis/flags.ts'
import type { ProcessConfig } from './service-flags.ts'
import { startTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { version } from './version.ts'

export type Service<C extends ProcessConfig> = {
  /** Sub-command, and the component in logs. */
  name: string
  /** One sentence for --help. */
  summary: string
  flags: FlagTable
  read: () => { config: C; faults: string[]; show: 'help' | 'version' | undefined }
  /** Resolves with the stop, which SIGTERM and SIGINT call; telemetry is stopped after it. */
  start: (config: C, log: Log, telemetry: Telemetry) => Promise<() => Promise<void>>
}

/**
 * Runs a service until it is told to stop. A wrong command line: every fault on stderr, exit code 2, nothing
 * started. A start that fails: one line, exit code 1.
 */
export async function runService<C extends ProcessConfig>(service: Service<C>): Promise<void> {
  const { config, faults, show } = service.read()
  if (show === 'help')
    return print(
      `${service.summary}\n\nUsage: metrics-ring ${service.name} [flags]\n\n${flagsHelp(service.flags)}`,
    )
  if (show === 'version') return print(`metrics-ring ${version}`)
  faults.push(...unreadable(config.files))
  if (faults.length > 0) {
    process.stderr.write(faults.map((fault) => `metrics-ring ${service.name}: ${fault}\n`).join(''))
    process.exitCode = 2
    return
  }
  const log = createLog(service.name, config.verbosity)
  if (showsPassword(process.argv)) hideArguments(service.name, log)
  if (config.ignored.length > 0)
    log.warn({ flags: config.ignored }, 'these flags have no meaning here and are ignored')
  let stop = async () => {}
  stopOnSignal(() => stop(), log)
  const telemetry = await startTelemetry(service.name, { log, env: process.env })
  try {
    const stopService = await service.start(config, log, telemetry)
    stop = () => stopService().finally(telemetry.stop)
    log.info({ version }, 'started')
  } catch (error) {
    log.error({ error: errorText(error) }, 'cannot start')
    process.exitCode = 1
    await telemetry.stop()
  }
}

/** A sentence for each file that cannot be read. */
function unreadable(files: readonly string[]): string[] {
  return [...new Set(files)].flatMap((file) => {
    try {
      accessSync(file, constants.R_OK)
      return []
    } catch (error) {
      return [`cannot read ${file}: ${errorText(error)}`]
    }
  })
}

/** The process list is open to everybody on the machine. */
function hideArguments(name: string, log: Log) {
  process.title = `metrics-ring ${name}`
  log.warn({}, 'the command line holds a password for Redis: use the environment variable REDIS_URL instead')
}

/**
 * The first signal stops in good order, a second one at once. To be called before anything starts: a start may wait
 * for others, and the first process of a container is not ended by a signal that it does not handle.
 */
function stopOnSignal(stop: () => Promise<void>, log: Log) {
  let stopping = false
  const onSignal = async (signal: string) => {
    if (stopping) process.exit(1)
    stopping = true
    log.info({ signal }, 'stopping')
    await stop()
    log.info({}, 'stopped')
    process.exit(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
