import { nanosOf, secondsOf, wholeNs } from './core-time.ts'
import type { Base, ContainerRecord, PodRecord, RecordBody, Subject, Usage } from './record.ts'
import { containerCount, namesOf, type PodNames } from './sample-pack.ts'

/**
 * A body between one scrape of its node and the next: all numbers in one array outside of the heap. As objects (an object
 * or more for every number of every container) it outlived every collection of the young heap and was most of what the
 * collector did (docs/performance.md).
 */
export type PackedBody = {
  readonly pods: readonly PodNames[]
  /** Of the node, then of each container in order, `stride` numbers a subject: see `place`. */
  readonly numbers: Float64Array
}

/** NaN: there is none; without its timestamp there is no usage, and no base. */
export const place = {
  usageTimestamp: 0,
  usageWindow: 1,
  usageCpu: 2,
  usageMemory: 3,
  usageSwap: 4,
  usageAt: 5,
  baseTimestamp: 6,
  /** See core-time.ts. */
  baseCpuSeconds: 7,
  baseCpuNanos: 8,
  baseStart: 9,
  baseAt: 10,
  start: 11,
  /** 1 or 0. */
  absent: 12,
} as const
export const stride = 13

export function pack(body: RecordBody): PackedBody {
  const numbers = new Float64Array((1 + containerCount(body.pods)) * stride)
  putSubject(numbers, 0, body.node)
  let at = stride
  for (const { containers } of body.pods) {
    for (const container of containers) {
      putSubject(numbers, at, container)
      if (container.absent) numbers[at + place.absent] = 1
      at += stride
    }
  }
  return { pods: body.pods.map(namesOf), numbers }
}

export const unpack = (packed: PackedBody): RecordBody => unpackWith(takeSubject, packed)

/** As followers see it: without bases. The start, which tells incarnations of a pod apart, is kept. */
export const unpackFollowed = (packed: PackedBody): RecordBody => unpackWith(takeFollowed, packed)

type Take = <S extends Subject>(to: S, from: Float64Array, at: number) => S

function unpackWith(take: Take, { pods, numbers }: PackedBody): RecordBody {
  const node = take<Subject>({}, numbers, 0)
  let at = 0
  const takeContainer = (name: string): ContainerRecord => {
    at += stride
    const container = take<ContainerRecord>({ name }, numbers, at)
    if (numbers[at + place.absent] === 1) container.absent = true
    return container
  }
  const takePod = ({ namespace, name, containers }: PodNames): PodRecord => ({
    namespace,
    name,
    containers: containers.map(takeContainer),
  })
  return { node, pods: pods.map(takePod) }
}

function putSubject(to: Float64Array, at: number, { usage, base, startMs = Number.NaN }: Subject) {
  to[at + place.start] = startMs
  if (usage) putUsage(to, at, usage)
  else to[at + place.usageTimestamp] = Number.NaN
  if (base) putBase(to, at, base)
  else to[at + place.baseTimestamp] = Number.NaN
}

function putUsage(to: Float64Array, at: number, usage: Usage) {
  to[at + place.usageTimestamp] = usage.timestampMs
  to[at + place.usageWindow] = usage.windowMs
  to[at + place.usageCpu] = usage.cpuNanocores
  to[at + place.usageMemory] = usage.memoryBytes
  to[at + place.usageSwap] = usage.swapBytes ?? Number.NaN
  to[at + place.usageAt] = usage.atMs
}

function putBase(to: Float64Array, at: number, { timestampMs, cpuNs, startMs = Number.NaN, atMs }: Base) {
  to[at + place.baseTimestamp] = timestampMs
  to[at + place.baseCpuSeconds] = secondsOf(cpuNs)
  to[at + place.baseCpuNanos] = nanosOf(cpuNs)
  to[at + place.baseStart] = startMs
  to[at + place.baseAt] = atMs
}

function takeSubject<S extends Subject>(to: S, from: Float64Array, at: number): S {
  const startMs = from[at + place.start] as number
  if (!Number.isNaN(startMs)) to.startMs = startMs
  const base = takeBase(from, at)
  if (base) to.base = base
  const usage = takeUsage(from, at)
  if (usage) to.usage = usage
  return to
}

function takeFollowed<S extends Subject>(to: S, from: Float64Array, at: number): S {
  const hasBase = !Number.isNaN(from[at + place.baseTimestamp])
  const baseStartMs = hasBase ? (from[at + place.baseStart] as number) : Number.NaN
  const startMs = Number.isNaN(baseStartMs) ? (from[at + place.start] as number) : baseStartMs
  if (!Number.isNaN(startMs)) to.startMs = startMs
  const usage = takeUsage(from, at)
  if (usage) to.usage = usage
  return to
}

function takeUsage(from: Float64Array, at: number): Usage | undefined {
  const timestampMs = from[at + place.usageTimestamp] as number
  if (Number.isNaN(timestampMs)) return undefined
  const usage: Usage = {
    timestampMs,
    windowMs: from[at + place.usageWindow] as number,
    cpuNanocores: from[at + place.usageCpu] as number,
    memoryBytes: from[at + place.usageMemory] as number,
    atMs: from[at + place.usageAt] as number,
  }
  const swapBytes = from[at + place.usageSwap] as number
  if (!Number.isNaN(swapBytes)) usage.swapBytes = swapBytes
  return usage
}

function takeBase(from: Float64Array, at: number): Base | undefined {
  const timestampMs = from[at + place.baseTimestamp] as number
  if (Number.isNaN(timestampMs)) return undefined
  const cpuNs = wholeNs(from[at + place.baseCpuSeconds] as number, from[at + place.baseCpuNanos] as number)
  const base: Base = { timestampMs, cpuNs, atMs: from[at + place.baseAt] as number }
  const startMs = from[at + place.baseStart] as number
  if (!Number.isNaN(startMs)) base.startMs = startMs
  return base
}
