import type { Clock } from '@metrics-ring/common/clock'

/** A request may take no longer, milliseconds (kube-apiserver's --request-timeout); a client may ask for less. */
export const longestMs = 60_000

/**
 * Waits for the work, or calls `onLate` when its time is over: nobody can be made to stop, but nobody waits any more.
 * @param askedMs what the client gives it; 0: no matter.
 */
export async function untilLate(
  clock: Clock,
  askedMs: number,
  work: Promise<void>,
  onLate: () => void | Promise<void>,
): Promise<void> {
  const late = Promise.withResolvers<true>()
  const cancel = clock.after(Math.min(askedMs || longestMs, longestMs), () => late.resolve(true))
  try {
    if (await Promise.race([work, late.promise])) {
      // What comes of it now, also a failure, comes of the end.
      work.catch(() => {})
      await onLate()
    }
  } finally {
    cancel()
  }
}
