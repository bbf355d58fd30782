import { setImmediate } from 'node:timers/promises'

/** How long one piece of work may hold the event loop, milliseconds. */
export const mostHeldMs = 2

/**
 * Paces long work: call it between small steps, and wait for what it returns, if anything. So requests are answered
 * in between, and short work costs no turn at all.
 */
export type Pace = () => Promise<void> | undefined

/** @param heldMs for so long work goes on before it gives way, milliseconds. */
export function createPace(heldMs = mostHeldMs): Pace {
  let startedMs = performance.now()
  return () => {
    if (performance.now() - startedMs < heldMs) return undefined
    return setImmediate().then(() => {
      startedMs = performance.now()
    })
  }
}

/** Items between two looks at the clock, each of which may take some ten microseconds. */
const stride = 64

/** Runs `work`, which must be quick, over all items; several runs of one piece of work share a pace. */
export async function eachInTurns<T>(
  items: readonly T[],
  work: (item: T, index: number) => void,
  pace: Pace = createPace(),
): Promise<void> {
  for (let from = 0; from < items.length; from += stride) {
    const to = Math.min(from + stride, items.length)
    for (let at = from; at < to; at++) work(items[at] as T, at)
    const rest = pace()
    if (rest) await rest
  }
}
