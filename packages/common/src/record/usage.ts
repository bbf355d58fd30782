import { containerCount, type PodNames, sameNames } from './pod-names.ts'
import { place, type RecordBody, stride } from './record.ts'
import { type PackedSample, pointStride } from './sample-pack.ts'
import { advanceSubject, type Step } from './usage-subject.ts'

export type Advanced = {
  body: RecordBody
  /** False: no subject has anything new, `body` equals the previous one. */
  moved: boolean
}

/** What a node's record becomes with a new sample; `previous` is undefined for a node never seen. */
export function advance(previous: RecordBody | undefined, sample: PackedSample, step: Step): Advanced {
  const isSame = previous !== undefined && namesTheSame(previous, sample.pods)
  const { pods, numbers } = isSame
    ? { pods: sample.pods, numbers: previous.numbers.slice() }
    : rearrange(previous ?? nothing, sample.pods)
  let moved = advanceSubject(numbers, 0, sample.points, 0, step)
  let at = stride
  let from = pointStride
  for (let index = 0; index < sample.pods.length; index++) {
    const named = (sample.pods[index] as PodNames).containers.length
    for (let i = 0; i < named; i++) {
      if (advanceSubject(numbers, at, sample.points, from, step)) moved = true
      at += stride
      from += pointStride
    }
    at += stride * ((pods[index] as PodNames).containers.length - named)
  }
  if (isSame && !moved) return { body: { pods, numbers: previous.numbers }, moved }
  return { body: { pods, numbers }, moved: true }
}

const nothing: RecordBody = { pods: [], numbers: new Float64Array(stride).fill(Number.NaN) }

/** The same containers in the same order, and none of them was absent. Kubelets mostly keep their order. */
function namesTheSame({ pods, numbers }: RecordBody, named: readonly PodNames[]): boolean {
  if (pods === named) return true
  for (let at = 0; at < numbers.length; at += stride) if (numbers[at + place.absent] === 1) return false
  return sameNames(pods, named)
}

/** Where the numbers of a container stand, by its name. */
type Places = Map<string, number>

/**
 * The previous body in the order of these names, which are followed, in their pod or as a pod of its own, by the containers
 * that are no longer named: missing from one answer a container keeps its last usage; missing from two in a row it is gone.
 */
function rearrange(previous: RecordBody, named: readonly PodNames[]): RecordBody {
  const left = placesOf(previous)
  const wasAbsent = (at: number) => previous.numbers[at + place.absent] === 1
  const from: (number | undefined)[] = [0]
  const absent: number[] = [0]
  const hold = (places: Places): string[] => {
    const held = [...places].filter(([, at]) => !wasAbsent(at))
    for (const [, at] of held) absent[from.push(at) - 1] = 1
    return held.map(([container]) => container)
  }
  const pods = named.map((pod) => {
    const places: Places = left.get(keyOf(pod))?.places ?? new Map()
    left.delete(keyOf(pod))
    for (const container of pod.containers) {
      from.push(places.get(container))
      places.delete(container)
    }
    const held = hold(places)
    return held.length === 0 ? pod : { ...pod, containers: [...pod.containers, ...held] }
  })
  for (const { pod, places } of left.values()) {
    const containers = hold(places)
    if (containers.length > 0) pods.push({ ...pod, containers })
  }
  const numbers = new Float64Array((1 + containerCount(pods)) * stride)
  for (const [index, at] of from.entries()) {
    const source = at === undefined ? nothing.numbers : previous.numbers.subarray(at, at + stride)
    numbers.set(source, index * stride)
    numbers[index * stride + place.absent] = absent[index] ?? 0
  }
  return { pods: sameNames(pods, named) ? named : pods, numbers }
}

function placesOf({ pods }: RecordBody): Map<string, { pod: PodNames; places: Places }> {
  let at = 0
  const placeOf = (container: string) => {
    at += stride
    return [container, at] as const
  }
  return new Map(pods.map((pod) => [keyOf(pod), { pod, places: new Map(pod.containers.map(placeOf)) }]))
}

function keyOf({ namespace, name }: PodNames): string {
  return `${namespace}/${name}`
}
