import { nanocores } from './core-time.ts'
import { place } from './record.ts'
import { pointPlace } from './sample-pack.ts'

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

/**
 * Makes of the subject at `at`, which is as it was before, what it is after the point at `from` of the sample.
 * False: the point brings nothing new.
 */
export function advanceSubject(
  subjects: Float64Array,
  at: number,
  points: Float64Array,
  from: number,
  step: Step,
): boolean {
  const timestampMs = points[from + pointPlace.timestamp] as number
  if (Number.isNaN(timestampMs)) return false
  const startMs = points[from + pointPlace.start] as number
  const seconds = points[from + pointPlace.cpuSeconds] as number
  const nanos = points[from + pointPlace.cpuNanos] as number
  const deltaMs = timestampMs - (subjects[at + place.baseTimestamp] as number)
  // What is not known is NaN: no base, no delta; and of two starts neither is the later.
  if (Number.isNaN(deltaMs) || startMs > (subjects[at + place.baseStart] as number)) {
    const windowMs = windowSinceStart(timestampMs - startMs, step)
    if (windowMs > 0)
      putUsage(subjects, at, points, from, nanocores(seconds, nanos, windowMs), windowMs, step)
  } else {
    if (deltaMs >= 0 && deltaMs < step.intervalMs / 3) return false
    const moreSeconds = seconds - (subjects[at + place.baseCpuSeconds] as number)
    const moreNanos = nanos - (subjects[at + place.baseCpuNanos] as number)
    const isLower = moreSeconds < 0 || (moreSeconds === 0 && moreNanos < 0)
    if (!isLower && isRegular(deltaMs, step.atMs - (subjects[at + place.baseAt] as number), step)) {
      putUsage(subjects, at, points, from, nanocores(moreSeconds, moreNanos, deltaMs), deltaMs, step)
    }
  }
  subjects[at + place.baseTimestamp] = timestampMs
  subjects[at + place.baseCpuSeconds] = seconds
  subjects[at + place.baseCpuNanos] = nanos
  subjects[at + place.baseStart] = startMs
  subjects[at + place.baseAt] = step.atMs
  return true
}

/** Rule 1: the window that a rate since the start is over; 0: there is none at this age, or it is not known (NaN). */
function windowSinceStart(ageMs: number, { intervalMs }: Step): number {
  const isYoung = ageMs >= Math.min(leastAgeMs, (2 * intervalMs) / 3) && ageMs <= 2 * intervalMs
  return isYoung ? Math.round(ageMs) : 0
}

/** Rule 3, but for the counter. */
function isRegular(deltaMs: number, meanwhileMs: number, { intervalMs }: Step): boolean {
  return deltaMs >= 0 && deltaMs <= 4 * intervalMs && Math.abs(deltaMs - meanwhileMs) <= mostSkewMs
}

/** Leaves the usage as it is if no node of this capacity can have used that. */
function putUsage(
  subjects: Float64Array,
  at: number,
  points: Float64Array,
  from: number,
  cpuNanocores: number,
  windowMs: number,
  step: Step,
) {
  const memoryBytes = points[from + pointPlace.memory] as number
  if (!isPossible(cpuNanocores, memoryBytes, step.capacity)) {
    step.onImpossible?.()
    return
  }
  subjects[at + place.usageTimestamp] = points[from + pointPlace.timestamp] as number
  subjects[at + place.usageWindow] = windowMs
  subjects[at + place.usageCpu] = cpuNanocores
  subjects[at + place.usageMemory] = memoryBytes
  subjects[at + place.usageSwap] = points[from + pointPlace.swap] as number
  subjects[at + place.usageAt] = step.atMs
}

function isPossible(cpuNanocores: number, memoryBytes: number, capacity: Capacity | undefined): boolean {
  // Beyond it a number is not exact, and nothing that reads the record would take it.
  if (cpuNanocores > Number.MAX_SAFE_INTEGER) return false
  if (!capacity) return true
  return (
    cpuNanocores <= mostOfCapacity * capacity.cpuNanocores &&
    memoryBytes <= mostOfCapacity * capacity.memoryBytes
  )
}
