import type { Base, ContainerRecord, PodRecord, RecordBody, Subject, Usage } from './record.ts'
import type { ContainerSample, PodSample, Point, Sample } from './sample.ts'

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
 */

export type Step = {
  /** When the scrape was sent, shared clock, milliseconds. */
  atMs: number
  /** W, milliseconds. */
  intervalMs: number
}

export type Advanced = {
  body: RecordBody
  /** False: no subject has anything new, `body` equals the previous one. */
  moved: boolean
}

/** A container younger than this gets no rate since its start, milliseconds; less at short intervals. */
const leastAgeMs = 10_000
/** How far a kubelet's clock and the shared clock may disagree on the time between two points, milliseconds. */
const mostSkewMs = 30_000

/** What a node's record becomes with a new sample; `previous` is undefined for a node never seen. */
export function advance(previous: RecordBody | undefined, sample: Sample, step: Step): Advanced {
  const node = advanceSubject(previous?.node ?? {}, sample.node, step)
  const pods = advancePods(previous?.pods ?? [], sample.pods, step)
  const moved = previous === undefined || node !== previous.node || pods !== previous.pods
  return { body: { node, pods }, moved }
}

/** The previous subject itself, if the point brings nothing new. */
export function advanceSubject<S extends Subject>(previous: S, point: Point | undefined, step: Step): S {
  if (point === undefined) return previous
  const { base, usage } = previous
  const next = { ...previous, base: baseOf(point, step) }
  if (base === undefined || isRestart(base, point)) {
    const sinceStart = rateSinceStart(point, step)
    return sinceStart ? { ...next, usage: sinceStart } : next
  }
  const deltaMs = point.timestampMs - base.timestampMs
  if (deltaMs >= 0 && deltaMs < step.intervalMs / 3) return previous
  const over = rateOver(base, point, step)
  return over ? { ...next, usage: over } : usage ? { ...next, usage } : next
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

function usageOf(point: Point, cpuNs: bigint, windowMs: number, step: Step): Usage {
  const usage: Usage = {
    timestampMs: point.timestampMs,
    windowMs,
    cpuNanocores: nanocores(cpuNs, windowMs),
    memoryBytes: point.memoryBytes,
    atMs: step.atMs,
  }
  if (point.swapBytes !== undefined) usage.swapBytes = point.swapBytes
  return usage
}

/** Core-nanoseconds over milliseconds, truncated to whole nanocores as metrics-server does; exact. */
function nanocores(cpuNs: bigint, windowMs: number): number {
  return Number((cpuNs * 1000n) / BigInt(windowMs))
}

function baseOf(point: Point, step: Step): Base {
  const base: Base = { timestampMs: point.timestampMs, cpuNs: point.cpuNs, atMs: step.atMs }
  if (point.startMs !== undefined) base.startMs = point.startMs
  return base
}

/** The previous list itself, if nothing in it changed. */
function advancePods(previous: PodRecord[], samples: PodSample[], step: Step): PodRecord[] {
  const before = new Map(previous.map((pod) => [podKey(pod), pod]))
  let moved = samples.length !== previous.length
  const pods = samples.map((sample, index) => {
    const key = podKey(sample)
    const old = before.get(key)
    before.delete(key)
    const pod = advancePod(old, sample, step)
    moved ||= pod !== previous[index]
    return pod
  })
  for (const vanished of before.values()) {
    const held = holdAbsent(vanished)
    if (held) pods.push(held)
    moved = true
  }
  return moved ? pods : previous
}

function advancePod(previous: PodRecord | undefined, sample: PodSample, step: Step): PodRecord {
  const before = new Map(previous?.containers.map((container) => [container.name, container]))
  let moved = previous === undefined || sample.containers.length !== previous.containers.length
  const containers = sample.containers.map((each, index) => {
    const container = advanceContainer(before.get(each.name), each, step)
    before.delete(each.name)
    moved ||= container !== previous?.containers[index]
    return container
  })
  for (const vanished of before.values()) {
    if (!vanished.absent) containers.push({ ...vanished, absent: true })
    moved = true
  }
  if (!moved && previous) return previous
  return { namespace: sample.namespace, name: sample.name, containers }
}

function advanceContainer(
  old: ContainerRecord | undefined,
  sample: ContainerSample,
  step: Step,
): ContainerRecord {
  const previous = old?.absent ? returned(old) : (old ?? { name: sample.name })
  return advanceSubject(previous, sample.point, step)
}

function returned({ absent: _, ...container }: ContainerRecord): ContainerRecord {
  return container
}

/** A pod missing from one answer keeps its last usage; missing from two in a row it is gone. */
function holdAbsent(pod: PodRecord): PodRecord | undefined {
  const containers = pod.containers.filter((container) => !container.absent)
  if (containers.length === 0) return undefined
  return { ...pod, containers: containers.map((container) => ({ ...container, absent: true as const })) }
}

function podKey(pod: { namespace: string; name: string }): string {
  return `${pod.namespace}/${pod.name}`
}
