import { pino } from 'pino'

/** What parts need of a logger: fields first, then a sentence. */
export type Log = {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** JSON lines on stderr. `verbosity` is klog's -v: 0-3 is info, 4 and above is debug. */
export function createLog(component: string, verbosity = 0): Log {
  return pino(
    {
      level: verbosity >= 4 ? 'debug' : 'info',
      base: { component },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}

/** For tests and for parts started without a log. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
