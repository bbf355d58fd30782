import type { Fault } from './faults.ts'
import { times, type World } from './world.ts'

/** One attempt at a kubelet; virtual milliseconds. */
export type Attempt = { ms: number; by: string; ok: boolean }

/** What the simulation saw, for the invariants and the figures. */
export type Seen = ReturnType<typeof createSeen>

export function createSeen() {
  const attempts = new Map<string, Attempt[]>()
  const since = new Map<string, number>()
  /** When something last held that excuses a rule; virtual milliseconds. */
  const last = new Map<string, number>()
  const trace: string[] = []
  const violations: string[] = []
  let nowMs: () => number = () => 0

  const line = (text: string) => `${(nowMs() / 1000).toFixed(3).padStart(9)} s  ${text}`
  return {
    attempts,
    since,
    trace,
    violations,
    begin(world: World) {
      nowMs = world.scheduler.now
    },
    log: (text: string) => void trace.push(line(text)),
    violated(rule: string, text: string) {
      trace.push(line(`${rule} VIOLATED: ${text}`))
      violations.push(`${rule}: ${text} (at ${(nowMs() / 1000).toFixed(3)} s)`)
    },
    attempt(node: string, attempt: Attempt) {
      trace.push(line(`${attempt.by}: asks ${node}${attempt.ok ? '' : ', in vain'}`))
      const list = attempts.get(node)
      if (list) list.push(attempt)
      else attempts.set(node, [attempt])
    },
    mark: (what: string) => void last.set(what, nowMs()),
    /** Whether it held within the last so many milliseconds. */
    recently: (what: string, withinMs: number) =>
      nowMs() - (last.get(what) ?? Number.NEGATIVE_INFINITY) <= withinMs,
    lastMs: (what: string) => last.get(what) ?? Number.NEGATIVE_INFINITY,
  }
}

/** Times between scrapes that were answered, of a node that was there all the while. */
export function gapsOf(attempts: readonly Attempt[], fromMs: number, untilMs: number): number[] {
  const times = attempts.filter(({ ok, ms }) => ok && ms <= untilMs).map(({ ms }) => ms)
  return times.slice(1).flatMap((ms, i) => (ms >= fromMs ? [ms - (times[i] as number)] : []))
}

export type Figures = { greatestGapMs: number; missedSlots: number; scrapes: number; expected: number }

/** How the kubelets fared from `fromMs` on. A slot is missed when a gap exceeds 1.5 W. */
export function figuresOf(all: Seen['attempts'], fromMs: number, untilMs: number): Figures {
  const figures = { greatestGapMs: 0, missedSlots: 0, scrapes: 0, expected: 0 }
  for (const attempts of all.values()) {
    for (const gapMs of gapsOf(attempts, fromMs, untilMs)) {
      figures.greatestGapMs = Math.max(figures.greatestGapMs, gapMs)
      if (gapMs > 1.5 * times.intervalMs) figures.missedSlots++
    }
    figures.scrapes += attempts.filter(({ ms }) => ms >= fromMs && ms <= untilMs).length
    figures.expected += (untilMs - fromMs) / times.intervalMs
  }
  return figures
}

export type Run = {
  seed: number
  faults: Fault[]
  violations: string[]
  trace: string[]
  attempts: Seen['attempts']
  figures: Figures
}
