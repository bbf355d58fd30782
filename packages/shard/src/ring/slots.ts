import type { Clock, Stop } from '@metrics-ring/common/clock'
import { phaseMs } from '@metrics-ring/common/ring'
import type { Ticks } from './times.ts'

/**
 * When a claimed node is due. Its phase φ is a hash of its name modulo the interval W, on the clock that all shards read
 * from the store: so each shard knows each node's moment without asking, and scrapes are spread evenly over W. What is
 * late by a claim's delay (actsAfterMs in claims.ts; times at W = 15 s) is late in every interval:
 *
 *   own        │φ               │φ               │φ         scrapes
 *   gained     │ φ + 1 s        │ φ + 1 s                   looks whether another has, then scrapes
 *   shadow     │  φ + 2 s       │  φ + 2 s                  the same, for a node that the ring gives to another
 *   new node   │     ↓ at once          ↓            ↓φ     each a little more than W after the one before, until φ
 *
 * An owner waits for the next tick (times.ts), and then scrapes all that fell due: one after the other, scrapes cost a quarter
 * less than each by itself (docs/performance.md). Who looks first comes when it is due.
 */

/** All on the shared clock, milliseconds. */
export type SlotDeps = {
  clock: Clock
  /** The shared clock. */
  now: () => number
  intervalMs: number
  /** For so many claimed nodes. */
  ticks: (claimed: number) => Ticks
  /** A timer that fires this much late means that this process was away. */
  awayMs: number
  /** The slot of a node has come; `phaseAtMs` is when its phase began in this interval. */
  onSlot: (node: string, phaseAtMs: number) => void
  onAway: (awayMs: number) => void
}

export type Slots = {
  /**
   * Schedules the node `afterMs` behind its phase in every interval, from the first phase after `lastAtMs` on (when
   * it was last scraped; undefined: never). A slot that is past already comes at once.
   */
  claim(node: string, afterMs: number, lastAtMs: number | undefined): void
  /**
   * For a node that has just come, maybe with many others: its first slot comes at once, the following a little more
   * than an interval apart until it is at its phase, so that none is scraped twice in an interval.
   */
  welcome(node: string, afterMs: number): void
  /** Goes on with another delay; a slot of this interval that has not come yet still comes. */
  delay(node: string, afterMs: number): void
  release(node: string): void
  clear(): void
}

type Slot = {
  afterMs: number
  /** The phase that the last slot was for. */
  doneMs: number
  /** How far ahead of its phase the next slot comes, and by how much less the one after it. */
  aheadMs: number
  stepMs: number
  isNew: boolean
  cancel: Stop
}

/** In how many intervals a node that has just come reaches its phase: no gap is longer than 4/3 of an interval. */
const stepsToPhase = 3

/** One timer for each claimed node; never the wall clock. */
export function createSlots(deps: SlotDeps): Slots {
  const { clock, now, intervalMs } = deps
  const slots = new Map<string, Slot>()

  function arm(node: string, slot: Slot) {
    slot.cancel()
    const nowMs = now()
    // The shared clock has stepped back: what lies further ahead than half an interval was not done by it.
    slot.doneMs = Math.min(slot.doneMs, phaseAt(node, nowMs + intervalMs / 2 + slot.aheadMs, intervalMs))
    const dueMs = slot.doneMs + intervalMs + slot.afterMs - slot.aheadMs
    const comesMs = slot.afterMs === 0 ? nextTickMs(dueMs, deps.ticks(slots.size)) : dueMs
    const waitMs = dueMs <= nowMs ? 0 : comesMs - nowMs
    const plannedMono = clock.mono() + waitMs
    slot.cancel = clock.after(waitMs, () => fire(node, slot, plannedMono))
  }
  function fire(node: string, slot: Slot, plannedMono: number) {
    const lateMs = clock.mono() - plannedMono
    if (lateMs > deps.awayMs) deps.onAway(lateMs)
    const phaseAtMs = slot.isNew ? startTowardsPhase(node, slot) : advance(node, slot)
    arm(node, slot)
    deps.onSlot(node, phaseAtMs)
  }
  /** Counts the first slot for the phase ahead, and comes less ahead of it each time. */
  function startTowardsPhase(node: string, slot: Slot): number {
    const phaseAtMs = phaseAt(node, now(), intervalMs)
    slot.isNew = false
    slot.doneMs = phaseAtMs + intervalMs
    const aheadMs = slot.doneMs - now()
    slot.stepMs = aheadMs / stepsToPhase
    slot.aheadMs = aheadMs - slot.stepMs
    return phaseAtMs
  }
  function advance(node: string, slot: Slot): number {
    // Slots that were missed while we were away are not made up for: one now, the next in the next interval.
    const phaseAtMs = Math.max(
      Math.min(slot.doneMs + intervalMs, phaseAt(node, now() + intervalMs / 3 + slot.aheadMs, intervalMs)),
      phaseAt(node, now() - slot.afterMs, intervalMs),
    )
    // A phase that follows within a third of an interval would only repeat this scrape: leave it out.
    const nextIsNear = phaseAtMs + intervalMs - now() < intervalMs / 3
    slot.doneMs = nextIsNear ? phaseAtMs + intervalMs : phaseAtMs
    slot.aheadMs = Math.max(0, slot.aheadMs - slot.stepMs)
    return phaseAtMs
  }
  function start(node: string, afterMs: number, lastAtMs: number | undefined, isNew: boolean) {
    slots.get(node)?.cancel()
    const doneMs = phaseAt(node, lastAtMs ?? now() - 2 * intervalMs, intervalMs)
    const slot = { afterMs, doneMs, aheadMs: 0, stepMs: 0, isNew, cancel: () => {} }
    slots.set(node, slot)
    arm(node, slot)
  }
  return {
    claim: (node, afterMs, lastAtMs) => start(node, afterMs, lastAtMs, false),
    welcome: (node, afterMs) => start(node, afterMs, undefined, true),
    delay(node, afterMs) {
      const slot = slots.get(node)
      if (!slot || slot.afterMs === afterMs) return
      // Who has to look first looks when the node's owner is expected.
      if (afterMs > slot.afterMs) slot.aheadMs = 0
      slot.afterMs = afterMs
      arm(node, slot)
    },
    release(node) {
      slots.get(node)?.cancel()
      slots.delete(node)
    },
    clear() {
      for (const slot of slots.values()) slot.cancel()
      slots.clear()
    },
  }
}

/** The first tick at or after `atMs`, in whole milliseconds. */
function nextTickMs(atMs: number, { everyMs, offsetMs }: Ticks): number {
  return Math.ceil(Math.ceil((atMs - offsetMs) / everyMs) * everyMs + offsetMs)
}

/** The latest time at or before `atMs` at which the node's phase began. */
export function phaseAt(node: string, atMs: number, intervalMs: number): number {
  const phase = phaseMs(node, intervalMs)
  return Math.floor((atMs - phase) / intervalMs) * intervalMs + phase
}

/**
 * When a node just gained was last scraped. If its last owner kept to the phase so far, its scrape in this interval may
 * be under way at a slow kubelet: then it counts as done.
 */
export function lastSentMs(
  { node, atMs, tookMs }: { node: string; atMs: number; tookMs: number },
  nowMs: number,
  { intervalMs, slackMs }: { intervalMs: number; slackMs: number },
): number {
  const phaseMs = phaseAt(node, nowMs, intervalMs)
  const isOnTime = atMs >= phaseMs - intervalMs - slackMs
  if (isOnTime && nowMs - phaseMs < 1.5 * tookMs) return phaseMs
  // Sent a little early, it was the scrape of the phase that followed, as it is for the shard that sent it.
  return Math.max(atMs, phaseAt(node, atMs + intervalMs / 3, intervalMs))
}
