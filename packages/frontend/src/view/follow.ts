import type { Clock, Stop } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import type { SharedClock } from '@metrics-ring/common/store/shared-clock'
import type { Change, Cursor, SampleStore } from '@metrics-ring/common/store/store'
import type { Events } from '../events.ts'
import { createTimeline } from './timeline.ts'
import { createPace } from './turns.ts'

export type FollowDeps = {
  store: Pick<SampleStore, 'changes'>
  sharedClock: SharedClock
  clock: Clock
  /** `nowMs`: as `now` of the follower. */
  apply: (change: Change, nowMs: number) => void
  events: Pick<Events, 'storeFailed' | 'storeAnswered' | 'storeRestarted' | 'loaded'>
}

export type Follower = {
  start(): Stop
  /** What the times of applied records are judged by, milliseconds; undefined before the store was asked. */
  now(): number | undefined
  /** Everything the store had was read once. Never false again after that. */
  loaded(): boolean
  /** Since the store was last read to its end, milliseconds; undefined: it never was. */
  lagMs(): number | undefined
  /** Why the last reading failed; undefined: it did not. */
  failure(): unknown
}

/** Records a page: a larger reply would hold up the store. */
export const pageSize = 256
/** Between two readings to the end. */
export const periodMs = 250
const mostWaitMs = 5_000
/**
 * For so long records are applied at a stretch, milliseconds. At a start the pods' metadata comes meanwhile, and each piece of a
 * page of it waits for that long; the API server makes the next page only when the one before has been read.
 */
const heldMs = 0.5
const syncEveryMs = 10_000

/**
 * Reads the store from the beginning, page by page, and then what changes, four times a second. A store that is away is
 * asked less and less often, up to every 5 s; what was read stays.
 */
export function createFollower({ store, sharedClock, clock, apply, events }: FollowDeps): Follower {
  const timeline = createTimeline({ clock, sharedClock })
  let cursor: Cursor | undefined
  let failures = 0
  let failure: unknown
  let syncedMs: number | undefined
  let completeMs: number | undefined

  async function sync(everyMs = syncEveryMs) {
    if (syncedMs !== undefined && clock.mono() - syncedMs < everyMs) return
    await timeline.sync()
    syncedMs = clock.mono()
  }
  /** Reads until nothing more is waiting; returns how many changes there were. */
  async function readAll(signal: AbortSignal): Promise<number> {
    let count = 0
    for (let more = true; more && !signal.aborted; ) {
      const page = await store.changes(cursor, pageSize)
      if (page.restarted && cursor) {
        events.storeRestarted()
        // Another server has another clock.
        await sync(0)
      }
      const pace = createPace(heldMs)
      for (const change of page.changes) {
        apply(placed(change), timeline.now() ?? Number.POSITIVE_INFINITY)
        count++
        await pace()
      }
      cursor = page.cursor
      more = page.more
    }
    return count
  }
  function placed(change: Change): Change {
    return change.kind === 'record' ? { ...change, record: timeline.place(change.record) } : change
  }
  async function run(signal: AbortSignal) {
    const startedMs = clock.mono()
    await sync()
    const count = await readAll(signal)
    if (signal.aborted) return
    if (completeMs === undefined) events.loaded(count, clock.mono() - startedMs)
    completeMs = clock.mono()
    failures = 0
    failure = undefined
    events.storeAnswered()
  }
  function onError(error: unknown) {
    failures++
    failure = error
    events.storeFailed(error)
  }
  return {
    start: () => {
      const waitMs = () => Math.min(periodMs * 2 ** failures, mostWaitMs)
      return every({ clock, periodMs: waitMs, run, onError })
    },
    now: timeline.now,
    loaded: () => completeMs !== undefined,
    lagMs: () => (completeMs === undefined ? undefined : clock.mono() - completeMs),
    failure: () => failure,
  }
}
