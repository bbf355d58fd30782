import type { Clock } from '@metrics-ring/common/clock'
import { type NodeRecord, place, stride } from '@metrics-ring/common/record/record'
import type { SharedClock } from '@metrics-ring/common/store/shared-clock'

/** The store's clock without its steps: what the view orders and judges ages by. Milliseconds. */
export type Timeline = {
  /** undefined until the store's clock was read once. */
  now(): number | undefined
  /** Reads the store's clock once; rejects as that does. */
  sync(): Promise<void>
  /** The record with its times, which are of the store's clock as it was then, on the timeline. */
  place(record: NodeRecord): NodeRecord
}

/** The store's clock from a moment on; `startMs` on the timeline, `aheadMs` of it. */
type Era = { startMs: number; aheadMs: number }

/** A jump by more than this is a step: a failover to another machine, or its clock put right. */
const steppedMs = 500
/** A step is noticed so late, and a scrape is called sent so much ahead of the store's clock. */
const noticedMs = 11_000
const aheadMs = 1_000
/** Nothing older is in the store. */
const kept = 8

/**
 * A time is of the latest era in which it makes sense: not before that began, and not yet to come. One that makes sense in
 * none is of a clock that we never saw: no later than now.
 */
export function createTimeline({ clock, sharedClock }: { clock: Clock; sharedClock: SharedClock }): Timeline {
  let eras: [Era, ...Era[]] = [{ startMs: Number.NEGATIVE_INFINITY, aheadMs: 0 }]
  const now = () => {
    const storeMs = sharedClock.now()
    return storeMs === undefined ? undefined : storeMs - eras[0].aheadMs
  }
  function timeOf(storeMs: number, nowMs: number): number {
    for (const era of eras) {
      const ms = storeMs - era.aheadMs
      if (ms >= era.startMs - noticedMs && ms <= nowMs + aheadMs) return ms
    }
    return Math.min(storeMs - eras[0].aheadMs, nowMs)
  }
  return {
    now,
    async sync() {
      const before = now()
      const startedMs = clock.mono()
      await sharedClock.sync()
      const after = now()
      if (before === undefined || after === undefined) return
      const expectedMs = before + clock.mono() - startedMs
      const jumpMs = after - expectedMs
      if (Math.abs(jumpMs) <= steppedMs) return
      const era = { startMs: expectedMs, aheadMs: eras[0].aheadMs + jumpMs }
      eras = [era, ...eras.slice(0, kept - 1)]
    },
    place(record) {
      const nowMs = now()
      if (nowMs === undefined || (eras.length === 1 && record.atMs <= nowMs + aheadMs)) return record
      const numbers = record.body.numbers.slice()
      for (let at: number = place.usageAt; at < numbers.length; at += stride)
        numbers[at] = timeOf(numbers[at] as number, nowMs)
      return { ...record, atMs: timeOf(record.atMs, nowMs), body: { ...record.body, numbers } }
    },
  }
}
