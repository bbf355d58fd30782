import type { Clock } from '../clock.ts'
import type { SampleStore } from './store.ts'

/** Longest that a commit waits for others to leave with, milliseconds: nothing beside the age of a sample. */
const waitMs = 20

/**
 * The store, but for commits that leave together: in one write, and with one answer to read. For each the two system
 * calls cost more than the rest of it (docs/performance.md).
 */
export function gatherCommits<S extends SampleStore>(store: S, clock: Clock): S {
  let leaving: Promise<void> | undefined
  function leave(): Promise<void> {
    leaving ??= new Promise((resolve) => {
      clock.after(waitMs, () => {
        leaving = undefined
        resolve()
      })
    })
    return leaving
  }
  return {
    ...store,
    async commit(scrape, body, baseVersion) {
      await leave()
      return store.commit(scrape, body, baseVersion)
    },
  }
}
