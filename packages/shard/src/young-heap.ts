import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8 from enlarging the young part of the heap, which would grow to 64 MiB at any steady load and never shrink.
 * What a scrape allocates is either garbage at once or kept for an interval, so that a larger one has nothing to
 * wait for (docs/performance.md). Read by V8 whenever it would grow, so it can be set while running.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
