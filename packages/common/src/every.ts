import { type Clock, type Stop, sleep } from './clock.ts'

export type EveryOptions = {
  clock: Clock
  /** Time from the start of one run to the start of the next, milliseconds; asked anew each time. */
  periodMs: () => number
  run: (signal: AbortSignal) => Promise<void>
  /** A run that throws is reported here and does not end the loop. */
  onError: (error: unknown) => void
}

/** Runs `run` now and then once a period, never two at once; a run that overstays is followed at once by the next. */
export function every({ clock, periodMs, run, onError }: EveryOptions): Stop {
  const abort = new AbortController()
  const loop = async () => {
    while (!abort.signal.aborted) {
      const startedMs = clock.mono()
      try {
        await run(abort.signal)
      } catch (error) {
        if (!abort.signal.aborted) onError(error)
      }
      await sleep(clock, Math.max(0, startedMs + periodMs() - clock.mono()), abort.signal)
    }
  }
  void loop()
  return () => abort.abort()
}
