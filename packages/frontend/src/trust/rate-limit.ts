import { type Clock, sleep } from '@metrics-ring/common/clock'

/** Waits for a turn; false when none comes in time or the wait is given up. */
export type RateLimit = (signal: AbortSignal) => Promise<boolean>

/** Longer waits are refused at once: who asks would have given up by then, milliseconds. */
const longestWaitMs = 5_000

/**
 * At most `perSecond` turns in the long run and `burst` at once: what reaches us from anyone who can connect
 * must not become a flood upon the API server. Defaults are those of Kubernetes' delegated authentication.
 */
export function createRateLimit(clock: Clock, { perSecond = 200, burst = 400 } = {}): RateLimit {
  const everyMs = 1000 / perSecond
  /** When the bucket would be full again, on the clock. */
  let fullMs = Number.NEGATIVE_INFINITY
  return async (signal) => {
    const now = clock.mono()
    const nextMs = Math.max(fullMs, now) + everyMs
    const waitMs = nextMs - burst * everyMs - now
    if (waitMs > longestWaitMs) return false
    fullMs = nextMs
    if (waitMs > 0) await sleep(clock, waitMs, signal)
    return !signal.aborted
  }
}
