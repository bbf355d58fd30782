import { fraction } from '../model/random.ts'

/**
 * When a kubelet looks at a cgroup. cAdvisor keeps a loop for each, with a jittered pause; here the n-th pause is
 * drawn from the seed, so that nothing has to run and the past can be asked for.
 */
export type Schedule = {
  seed: number
  /** The first look, in milliseconds since the epoch. */
  firstMs: number
  /** Between two looks: U(minMs, maxMs). */
  minMs: number
  maxMs: number
}

export type SamplingClock = {
  /** When the simulation began: what runs longer has been looked at before. */
  startedMs: number
  /** 1 at an interval of 15 s. */
  factor: number
}

const BUSY_MS = { min: 10_000, max: 20_000 }
const IDLE_MS = { min: 15_000, max: 30_000 }
/** A new cgroup is found and looked at within a second. */
const DISCOVERY_MS = 1000

export function scheduleFor(seed: number, startMs: number, idle: boolean, clock: SamplingClock): Schedule {
  const bounds = idle ? IDLE_MS : BUSY_MS
  const [minMs, maxMs] = [bounds.min * clock.factor, bounds.max * clock.factor]
  const chance = fraction(seed, -2)
  const old = startMs < clock.startedMs
  const firstMs = old
    ? clock.startedMs - maxMs * (1 + chance)
    : startMs + DISCOVERY_MS * clock.factor * chance
  return { seed, firstMs: Math.floor(firstMs), minMs, maxMs }
}

function pauseMs({ seed, minMs, maxMs }: Schedule, n: number): number {
  return Math.max(1, Math.floor(minMs + fraction(seed, n) * (maxMs - minMs)))
}

/** Answers which look was the last at an instant; cheapest when asked in the order of time. */
export type Cursor = (nowMs: number) => number | undefined

export function createCursor(schedule: Schedule): Cursor {
  let n = 0
  let lastMs = schedule.firstMs
  let nextMs = lastMs + pauseMs(schedule, 0)
  return (nowMs) => {
    if (nowMs < lastMs) {
      n = 0
      lastMs = schedule.firstMs
      nextMs = lastMs + pauseMs(schedule, 0)
      if (nowMs < lastMs) return undefined
    }
    while (nextMs <= nowMs) {
      lastMs = nextMs
      nextMs += pauseMs(schedule, ++n)
    }
    return lastMs
  }
}

/** Every look within [fromMs, toMs]. */
export function looks(schedule: Schedule, fromMs: number, toMs: number): number[] {
  const found: number[] = []
  for (let n = 0, atMs = schedule.firstMs; atMs <= toMs; atMs += pauseMs(schedule, n++)) {
    if (atMs >= fromMs) found.push(atMs)
  }
  return found
}
