/** Stops what a call started. Calling it again does nothing. */
export type Stop = () => void

/**
 * Time for waits and durations. Pure rules take `now` as an argument instead.
 * `mono` never steps: compare its values only with each other, in this process.
 */
export type Clock = {
  /** Milliseconds of a monotonic clock. */
  mono(): number
  /** Runs `fire` once after `ms`; the returned stop cancels it. */
  after(ms: number, fire: () => void): Stop
}

/** What Node.js is told to wait for longer it does not wait for at all, milliseconds. */
const longestMs = 2 ** 31 - 1

export const realClock: Clock = {
  mono: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, Math.min(ms, longestMs))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms`, or at once when `signal` is aborted. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const stop = clock.after(ms, finish)
    function finish() {
      stop()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    signal?.addEventListener('abort', finish, { once: true })
  })
}
