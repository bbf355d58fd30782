/** What a test may do to open watches. */
import type { Watch, Watches } from './watch.ts'

/** Those of a user, or of one client among several sharing a user. */
export function watchesOf(watches: Iterable<Watch>, who: string): Watch[] {
  return [...watches].filter(({ call }) => call.client === who || call.user.name === who)
}

export function watchKnobs(watches: Watches) {
  const of = (resource?: string) => [...watches].filter(({ type }) => !resource || type.resource === resource)
  return {
    /** Open watches, of one resource or of all. */
    openWatches: (resource?: string): number => of(resource).length,
    /** Ends watches as a server does on its own. */
    dropWatches(resource?: string): void {
      for (const watch of of(resource)) watch.drop()
    },
    /** Watches stay open and say nothing, as with a half-dead connection; healed, they go on. */
    stallWatches(stalled: boolean, resource?: string): void {
      for (const watch of of(resource)) watch.stall(stalled)
    },
  }
}
