import type { Clock, Stop } from '../src/clock.ts'

export type FakeClock = Clock & {
  /** Moves time forward by `ms`, firing what falls due in order, and lets promises settle in between. */
  advance(ms: number): Promise<void>
}

/** A clock that stands still until it is advanced. */
export function createFakeClock(startMs = 0): FakeClock {
  let now = startMs
  let order = 0
  const timers = new Map<number, { dueMs: number; fire: () => void }>()

  function next(untilMs: number) {
    let found: [number, { dueMs: number; fire: () => void }] | undefined
    for (const entry of timers) {
      if (entry[1].dueMs <= untilMs && (!found || entry[1].dueMs < found[1].dueMs)) found = entry
    }
    return found
  }
  function after(ms: number, fire: () => void): Stop {
    const id = order++
    timers.set(id, { dueMs: now + Math.max(0, ms), fire })
    return () => timers.delete(id)
  }
  async function advance(ms: number): Promise<void> {
    const untilMs = now + ms
    await settle()
    for (let due = next(untilMs); due; due = next(untilMs)) {
      timers.delete(due[0])
      now = Math.max(now, due[1].dueMs)
      due[1].fire()
      await settle()
    }
    now = Math.max(now, untilMs)
  }
  return { mono: () => now, after, advance }
}

/** Lets every promise that can settle without time passing do so. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
