import { setImmediate } from 'node:timers/promises'

/** How long one piece of work may hold the event loop, milliseconds. */
const mostHeldMs = 8

/**
 * Runs `work` over all items without holding the event loop for long: requests are answered in between.
 * Stops early when the signal is aborted.
 */
export async function inTurns<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  signal?: AbortSignal,
): Promise<void> {
  let startedMs = performance.now()
  for (const item of items) {
    work(item)
    if (performance.now() - startedMs < mostHeldMs) continue
    await setImmediate()
    if (signal?.aborted) return
    startedMs = performance.now()
  }
}
