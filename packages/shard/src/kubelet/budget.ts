import type { Clock } from '@metrics-ring/common/clock'
import { type Failure, failure } from './reasons.ts'

/** The time that one scrape may take as a whole, and whatever ends it early. */
export type Budget = {
  /** Why it ended; undefined while it lasts. */
  readonly ended: 'timeout' | 'aborted' | undefined
  /** What is under way and must be stopped when the budget ends; each call replaces the one before. */
  watch(stop: () => void): void
  /** Ends it now. */
  abort(): void
  /** Waits, though not beyond the end. */
  pause(ms: number): Promise<void>
  /** The failure of a scrape that was cut, said of what it was doing. */
  failure(doing: string): Failure
  /** The scrape is over: nothing will be stopped any more. */
  close(): void
}

const nothing = () => {}

export function createBudget(clock: Clock, timeoutMs: number, signal: AbortSignal | undefined): Budget {
  let ended: Budget['ended']
  let stop = nothing
  const end = (why: 'timeout' | 'aborted') => {
    ended ??= why
    const stopNow = stop
    stop = nothing
    stopNow()
  }
  const abort = () => end('aborted')
  const stopTimer = clock.after(timeoutMs, () => end('timeout'))
  if (signal?.aborted) ended = 'aborted'
  signal?.addEventListener('abort', abort, { once: true })

  function watch(next: () => void): void {
    stop = next
    if (ended) end(ended)
  }

  return {
    get ended() {
      return ended
    },
    watch,
    abort,
    pause(ms) {
      return new Promise((resolve) => {
        const stopPause = clock.after(ms, resolve)
        watch(() => {
          stopPause()
          resolve()
        })
      })
    },
    failure(doing) {
      if (ended === 'aborted') return failure('aborted', `given up by the shard while ${doing}`)
      return failure('timeout', `not finished within ${timeoutMs} ms: ${doing}`)
    },
    close() {
      stop = nothing
      stopTimer()
      signal?.removeEventListener('abort', abort)
    },
  }
}
