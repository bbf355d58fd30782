import { nanosOf, secondsOf, wholeNs } from '../src/record/core-time.ts'
import { containerCount, namesOf } from '../src/record/pod-names.ts'
import { place, type RecordBody, startOf, stride } from '../src/record/record.ts'

/** A record's body as objects, for who builds and reads bodies by hand. What the fields are: see `place` in record.ts. */
export type BodyObjects = { node: Subject; pods: PodObjects[] }
export type PodObjects = { namespace: string; name: string; containers: ContainerObjects[] }
export type ContainerObjects = Subject & { name: string; absent?: true }
export type Subject = {
  base?: Base
  usage?: Usage
  /** In place of the base where bases are left out. */
  startMs?: number
}
export type Usage = {
  timestampMs: number
  windowMs: number
  cpuNanocores: number
  memoryBytes: number
  swapBytes?: number
  atMs: number
}
export type Base = { timestampMs: number; cpuNs: bigint; startMs?: number; atMs: number }

export function pack(body: BodyObjects): RecordBody {
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

export const unpack = (body: RecordBody): BodyObjects => unpackWith(takeSubject, body)

/** What a follower is to see of it: no bases, but the start, which tells incarnations of a pod apart. */
export const unpackFollowed = (body: RecordBody): BodyObjects => unpackWith(takeFollowed, body)

type Take = <S extends Subject>(to: S, from: Float64Array, at: number) => S

function unpackWith(take: Take, { pods, numbers }: RecordBody): BodyObjects {
  const node = take<Subject>({}, numbers, 0)
  let at = 0
  const takeContainer = (name: string): ContainerObjects => {
    at += stride
    const container = take<ContainerObjects>({ name }, numbers, at)
    if (numbers[at + place.absent] === 1) container.absent = true
    return container
  }
  return {
    node,
    pods: pods.map(({ namespace, name, containers }) => ({
      namespace,
      name,
      containers: containers.map(takeContainer),
    })),
  }
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
  const startMs = startOf(from, at)
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
