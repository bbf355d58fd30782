import { setFlagsFromString } from 'node:v8'

export type Heap = {
  /** All of the heap is collected when it has grown by so many percent of what is alive. By itself V8 does so every few seconds. */
  growingPercent: number
  /** False: its young part keeps the size that it has. It would grow to 64 MiB under any steady load and never shrink. */
  youngGrows: boolean
  /**
   * A heap of hundreds of MiB. What lies outside of it (rendered items) counts as a part of it, and may double as well: by
   * itself V8 collects all of the heap whenever 64 MiB of that have been replaced. And what is alive stays where it is: moving
   * some of it together was up to half of the pause of such a collection, and left the heap no smaller.
   */
  isLarge?: boolean
}

/**
 * How V8 is to collect where nearly all that is allocated is garbage at once (docs/performance.md). The thread that allocates
 * collects the young part alone: waking others costs more CPU than they save it. Each flag is read whenever it matters, so
 * they can be set while running.
 */
export function tuneHeap(heap: Heap): void {
  for (const flag of heapFlags(heap)) setFlagsFromString(flag)
}

/** V8 passes over a flag that it does not know, so a test has Node.js start with them. */
export function heapFlags({ growingPercent, youngGrows, isLarge = false }: Heap): string[] {
  return [
    `--heap-growing-percent=${growingPercent}`,
    '--no-parallel-scavenge',
    // Once 100 s have passed without a collection V8 begins one to give memory back, which moves most of what is alive.
    '--memory-reducer-gc-count=0',
    ...(youngGrows ? [] : ['--semi-space-growth-factor=1']),
    ...(isLarge
      ? [
          '--external-memory-accounted-in-global-limit',
          '--external-memory-max-growing-factor=2',
          '--no-compact',
        ]
      : []),
  ]
}
