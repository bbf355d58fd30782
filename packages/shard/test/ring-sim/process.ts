import type { Clock } from '@metrics-ring/common/clock'
import { grain, type Scheduler } from './scheduler.ts'

/** A process of the simulation: its clock, and whether it runs, is stopped (SIGSTOP) or dead (SIGKILL). */
export type Process = Clock & {
  /** Runs `fire` in the process after `ms` of the world's time: at once when it is continued, never when it is dead. */
  deliver(ms: number, fire: () => void): void
  stop(): void
  continue(): void
  kill(): void
  state(): 'running' | 'stopped' | 'dead'
}

/** `offsetMs` and `rate`: how its monotonic clock differs from the world's. */
export function createProcess(
  scheduler: Scheduler,
  { offsetMs = 0, rate = 1 }: { offsetMs?: number; rate?: number } = {},
): Process {
  let state: 'running' | 'stopped' | 'dead' = 'running'
  let waiting: (() => void)[] = []

  function deliver(ms: number, fire: () => void) {
    scheduler.at(scheduler.now() + grain(ms), () => {
      if (state === 'running') fire()
      else if (state === 'stopped') waiting.push(fire)
    })
  }
  return {
    mono: () => offsetMs + rate * scheduler.now(),
    after(ms, fire) {
      let cancelled = false
      deliver(ms / rate, () => {
        if (!cancelled) fire()
      })
      return () => {
        cancelled = true
      }
    },
    deliver,
    stop() {
      if (state === 'running') state = 'stopped'
    },
    continue() {
      if (state !== 'stopped') return
      state = 'running'
      const due = waiting
      waiting = []
      for (const fire of due) deliver(0, fire)
    },
    kill() {
      state = 'dead'
      waiting = []
    },
    state: () => state,
  }
}

/** How a request fares between a process and a server. */
export type Weather = {
  /** One way, milliseconds. */
  latencyMs: number
  /** `refused`: fails at once; `silent`: nothing arrives; `deaf`: it arrives, the answer does not. */
  fault?: 'refused' | 'silent' | 'deaf' | undefined
}

/** A request: what `serve` does happens at the server, even if the process stops or dies meanwhile. */
export function exchange<T>(
  scheduler: Scheduler,
  process: Process,
  weather: Weather,
  timeoutMs: number,
  serve: () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { latencyMs, fault } = weather
    const fail = (why: string) => () => reject(new Error(why))
    if (fault === 'refused') return process.deliver(latencyMs, fail('connection refused'))
    if (fault !== 'silent' && latencyMs < timeoutMs) {
      scheduler.at(scheduler.now() + latencyMs, () => {
        const answer = tryTo(serve)
        if (fault === 'deaf' || 2 * latencyMs >= timeoutMs) return
        process.deliver(latencyMs, () => ('value' in answer ? resolve(answer.value) : reject(answer.error)))
      })
    }
    if (fault !== undefined || 2 * latencyMs >= timeoutMs) process.deliver(timeoutMs, fail('timed out'))
  })
}

function tryTo<T>(serve: () => T): { value: T } | { error: unknown } {
  try {
    return { value: serve() }
  } catch (error) {
    return { error }
  }
}
