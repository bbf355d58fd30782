import { setFlagsFromString } from 'node:v8'

/**
 * How V8 is to collect where nearly all that is allocated is garbage at once and little is kept (docs/performance.md):
 * - The young part of the heap keeps its size. It would grow to 64 MiB under any steady load and never shrink.
 * - The thread that allocates collects it alone: waking others costs more CPU than they save it.
 * - All of the heap is collected when it has grown by `growingPercent` of what is alive. That is little, and V8 would do so
 *   every few seconds.
 *
 * Each is read whenever it matters, so they can be set while running.
 */
export function tuneHeap(growingPercent = 200): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString(`--heap-growing-percent=${growingPercent}`)
}
