import type { Clock } from '../clock.ts'

/**
 * rclock: the store's time as an offset to our monotonic clock, so that every process orders scrapes and judges
 * ages by one clock, whatever the machines' own clocks say.
 */
export type SharedClock = {
  /** Milliseconds since the epoch by the store's clock; undefined until it was read once. */
  now(): number | undefined
  /** Reads the store's clock once. Rejects as the read does; the last good offset stays. */
  sync(): Promise<void>
}

/** Readings kept: the offset is taken from the one with the shortest round trip. */
const kept = 8
/** A reading further than this from the best one's offset means that the store's clock stepped, milliseconds. */
const steppedMs = 500

type Reading = { offsetMs: number; roundTripMs: number }

export function createSharedClock(deps: { clock: Clock; readTime: () => Promise<number> }): SharedClock {
  const { clock, readTime } = deps
  let readings: Reading[] = []
  let offsetMs: number | undefined

  return {
    now: () => (offsetMs === undefined ? undefined : clock.mono() + offsetMs),
    async sync() {
      const sentMs = clock.mono()
      const storeMs = await readTime()
      const roundTripMs = clock.mono() - sentMs
      readings = keep(readings, { offsetMs: storeMs - (sentMs + roundTripMs / 2), roundTripMs })
      offsetMs = best(readings).offsetMs
    },
  }
}

/** Adds a reading; those from before a step of the store's clock are forgotten. */
function keep(readings: Reading[], reading: Reading): Reading[] {
  const sameClock = readings.filter(
    (each) => Math.abs(each.offsetMs - reading.offsetMs) <= steppedMs + reading.roundTripMs / 2,
  )
  return [...sameClock, reading].slice(-kept)
}

function best(readings: Reading[]): Reading {
  return readings.reduce((least, each) => (each.roundTripMs <= least.roundTripMs ? each : least))
}
