import { nanosOf, secondsOf, wholeNs } from './core-time.ts'
import { containerCount, namesOf, type PodNames } from './pod-names.ts'
import type { Point, Sample } from './sample.ts'

/** A sample on its way to a record: no object for a point, for there are thousands a second. */
export type PackedSample = {
  readonly pods: readonly PodNames[]
  /** Of the node, then of each container in order, `pointStride` numbers a subject: see `pointPlace`. */
  readonly points: Float64Array
}

/** NaN: there is none. Without a timestamp there is no point. */
export const pointPlace = {
  timestamp: 0,
  /** See core-time.ts. */
  cpuSeconds: 1,
  cpuNanos: 2,
  memory: 3,
  swap: 4,
  start: 5,
} as const
export const pointStride = 6

export function packSample({ node, pods }: Sample): PackedSample {
  const points = new Float64Array((1 + containerCount(pods)) * pointStride).fill(Number.NaN)
  putPoint(points, 0, node)
  let at = 0
  for (const { containers } of pods) {
    for (const { point } of containers) {
      at += pointStride
      putPoint(points, at, point)
    }
  }
  return { pods: pods.map(namesOf), points }
}

export function unpackSample({ pods, points }: PackedSample): Sample {
  let at = 0
  const pointOf = () => {
    at += pointStride
    return takePoint(points, at)
  }
  return {
    node: takePoint(points, 0),
    pods: pods.map(({ namespace, name, containers }) => ({
      namespace,
      name,
      containers: containers.map((each) => ({ name: each, point: pointOf() })),
    })),
  }
}

function putPoint(to: Float64Array, at: number, point: Point | undefined) {
  if (!point) return
  to[at + pointPlace.timestamp] = point.timestampMs
  to[at + pointPlace.cpuSeconds] = secondsOf(point.cpuNs)
  to[at + pointPlace.cpuNanos] = nanosOf(point.cpuNs)
  to[at + pointPlace.memory] = point.memoryBytes
  to[at + pointPlace.swap] = point.swapBytes ?? Number.NaN
  to[at + pointPlace.start] = point.startMs ?? Number.NaN
}

function takePoint(from: Float64Array, at: number): Point | undefined {
  const of = (place: number) => from[at + place] as number
  const timestampMs = of(pointPlace.timestamp)
  if (Number.isNaN(timestampMs)) return undefined
  const cpuNs = wholeNs(of(pointPlace.cpuSeconds), of(pointPlace.cpuNanos))
  const point: Point = { timestampMs, cpuNs, memoryBytes: of(pointPlace.memory) }
  const [swapBytes, startMs] = [of(pointPlace.swap), of(pointPlace.start)]
  if (!Number.isNaN(swapBytes)) point.swapBytes = swapBytes
  if (!Number.isNaN(startMs)) point.startMs = startMs
  return point
}
