import type { Base, Subject, Usage } from './record.ts'
import type { Point } from './sample.ts'

/**
 * From points to usage (design: docs/decisions/0003-usage-rules.md). For each subject, with its base P, a new
 * point N, d = N.timestamp − P.timestamp on the kubelet's clock and m = the same difference on the shared clock:
 *
 *   1. no base, or a known restart (N.start > P.start):
 *        10 s <= age at N <= 2W   → rate since the start
 *        otherwise                → N is the base; the old usage, if any, stays until the age bound
 *   2. 0 <= d < W/3               → nothing new: base and usage stay
 *   3. W/3 <= d <= 4W, |d − m| <= 30 s, cpu not lower → rate over d
 *   4. anything else (counter back, clock step, long gap) → N is the base; the old usage stays
 *
 * A usage that the node cannot have (above 1.1 times its capacity) falls under rule 4, whichever rule gave it.
 */

export type Step = {
  /** When the scrape was sent, shared clock, milliseconds. */
  atMs: number
  /** W, milliseconds. */
  intervalMs: number
  /** Of the node; undefined where it does not say. */
  capacity?: Capacity | undefined
  /** Told of each usage left out because the node cannot have that much. */
  onImpossible?: () => void
}

/** What a node has: CPU in nanocores, memory in bytes; both > 0. */
export type Capacity = { cpuNanocores: number; memoryBytes: number }

/** A container younger than this gets no rate since its start, milliseconds; less at short intervals. */
const leastAgeMs = 10_000
/** How far a kubelet's clock and the shared clock may disagree on the time between two points, milliseconds. */
const mostSkewMs = 30_000
/** A value above the node's capacity times this is no measurement. */
const mostOfCapacity = 1.1

/** The previous subject itself, if the point brings nothing new. */
export function advanceSubject<S extends Subject>(previous: S, point: Point | undefined, step: Step): S {
  if (point === undefined) return previous
  const { base } = previous
  const isFirst = base === undefined || isRestart(base, point)
  if (!isFirst) {
    const deltaMs = point.timestampMs - base.timestampMs
    if (deltaMs >= 0 && deltaMs < step.intervalMs / 3) return previous
  }
  const usage = isFirst ? rateSinceStart(point, step) : rateOver(base, point, step)
  const next = { ...previous, base: baseOf(point, step) }
  if (usage) next.usage = usage
  return next
}

function isRestart(base: Base, point: Point): boolean {
  return base.startMs !== undefined && point.startMs !== undefined && point.startMs > base.startMs
}

function rateSinceStart(point: Point, step: Step): Usage | undefined {
  if (point.startMs === undefined) return undefined
  const ageMs = Math.round(point.timestampMs - point.startMs)
  if (ageMs < Math.min(leastAgeMs, (2 * step.intervalMs) / 3) || ageMs > 2 * step.intervalMs) return undefined
  return usageOf(point, point.cpuNs, ageMs, step)
}

function rateOver(base: Base, point: Point, step: Step): Usage | undefined {
  const deltaMs = point.timestampMs - base.timestampMs
  const meanwhileMs = step.atMs - base.atMs
  if (deltaMs < step.intervalMs / 3 || deltaMs > 4 * step.intervalMs) return undefined
  if (Math.abs(deltaMs - meanwhileMs) > mostSkewMs || point.cpuNs < base.cpuNs) return undefined
  return usageOf(point, point.cpuNs - base.cpuNs, deltaMs, step)
}

/** Undefined if no node of this capacity can have used that. */
function usageOf(point: Point, cpuNs: bigint, windowMs: number, step: Step): Usage | undefined {
  const usage: Usage = {
    timestampMs: point.timestampMs,
    windowMs,
    cpuNanocores: nanocores(cpuNs, windowMs),
    memoryBytes: point.memoryBytes,
    atMs: step.atMs,
  }
  if (point.swapBytes !== undefined) usage.swapBytes = point.swapBytes
  if (isPossible(usage, step.capacity)) return usage
  step.onImpossible?.()
  return undefined
}

function isPossible({ cpuNanocores, memoryBytes }: Usage, capacity: Capacity | undefined): boolean {
  // Beyond it a number is not exact, and nothing that reads the record would take it.
  if (cpuNanocores > Number.MAX_SAFE_INTEGER) return false
  if (!capacity) return true
  return (
    cpuNanocores <= mostOfCapacity * capacity.cpuNanocores &&
    memoryBytes <= mostOfCapacity * capacity.memoryBytes
  )
}

/**
 * Core-nanoseconds over milliseconds, truncated to whole nanocores as metrics-server does; exact. As doubles, too: a
 * quotient a/b of whole numbers, a < 2^53, is 1/b or more below the next whole number, and a rounded one is off by less.
 */
function nanocores(cpuNs: bigint, windowMs: number): number {
  const small = Number(cpuNs) * 1000
  if (small <= Number.MAX_SAFE_INTEGER) return Math.floor(small / windowMs)
  return Number((cpuNs * 1000n) / BigInt(windowMs))
}

function baseOf(point: Point, step: Step): Base {
  const base: Base = { timestampMs: point.timestampMs, cpuNs: point.cpuNs, atMs: step.atMs }
  if (point.startMs !== undefined) base.startMs = point.startMs
  return base
}
