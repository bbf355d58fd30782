import type { Clock, Stop } from '@metrics-ring/common/clock'
import { phaseMs } from '@metrics-ring/common/ring'

/** When a claimed node is due. All on the shared clock, milliseconds. */
export type SlotDeps = {
  clock: Clock
  /** The shared clock. */
  now: () => number
  intervalMs: number
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
  /** Goes on with another delay; a slot of this interval that has not come yet still comes. */
  delay(node: string, afterMs: number): void
  release(node: string): void
  clear(): void
}

type Slot = { afterMs: number; doneMs: number; cancel: Stop }

/** One timer for each claimed node; never the wall clock. */
export function createSlots(deps: SlotDeps): Slots {
  const { clock, now, intervalMs } = deps
  const slots = new Map<string, Slot>()

  function arm(node: string, slot: Slot) {
    slot.cancel()
    const nowMs = now()
    // The shared clock has stepped back: what lies further ahead than a third of an interval was not done by it.
    slot.doneMs = Math.min(slot.doneMs, phaseAt(node, nowMs + intervalMs / 3, intervalMs))
    const dueMs = slot.doneMs + intervalMs + slot.afterMs
    const plannedMono = clock.mono() + Math.max(0, dueMs - nowMs)
    slot.cancel = clock.after(Math.max(0, dueMs - nowMs), () => fire(node, slot, plannedMono))
  }
  function fire(node: string, slot: Slot, plannedMono: number) {
    const lateMs = clock.mono() - plannedMono
    if (lateMs > deps.awayMs) deps.onAway(lateMs)
    // Slots that were missed while we were away are not made up for: one now, the next in the next interval.
    const phaseAtMs = Math.max(
      Math.min(slot.doneMs + intervalMs, phaseAt(node, now() + intervalMs / 3, intervalMs)),
      phaseAt(node, now() - slot.afterMs, intervalMs),
    )
    // A phase that follows within a third of an interval would only repeat this scrape: leave it out.
    const nextIsNear = phaseAtMs + intervalMs - now() < intervalMs / 3
    slot.doneMs = nextIsNear ? phaseAtMs + intervalMs : phaseAtMs
    arm(node, slot)
    deps.onSlot(node, phaseAtMs)
  }
  return {
    claim(node, afterMs, lastAtMs) {
      slots.get(node)?.cancel()
      const nowMs = now()
      const doneMs = phaseAt(node, lastAtMs ?? nowMs - 2 * intervalMs, intervalMs)
      const slot = { afterMs, doneMs, cancel: () => {} }
      slots.set(node, slot)
      arm(node, slot)
    },
    delay(node, afterMs) {
      const slot = slots.get(node)
      if (!slot || slot.afterMs === afterMs) return
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
  // Sent a little early, it was the scrape of the phase that followed: timers and clocks are not exact.
  return Math.max(atMs, phaseAt(node, atMs + slackMs, intervalMs))
}
