import type { ContainerRecord, PodRecord, RecordBody } from './record.ts'
import type { ContainerSample, PodSample, Sample } from './sample.ts'
import { advanceSubject, type Step } from './usage-subject.ts'

export type Advanced = {
  body: RecordBody
  /** False: no subject has anything new, `body` equals the previous one. */
  moved: boolean
}

/** What a node's record becomes with a new sample; `previous` is undefined for a node never seen. */
export function advance(previous: RecordBody | undefined, sample: Sample, step: Step): Advanced {
  const node = advanceSubject(previous?.node ?? {}, sample.node, step)
  const pods = advancePods(previous?.pods ?? [], sample.pods, step)
  const moved = previous === undefined || node !== previous.node || pods !== previous.pods
  return { body: { node, pods }, moved }
}

/** The previous list itself, if nothing in it changed. */
function advancePods(previous: PodRecord[], samples: PodSample[], step: Step): PodRecord[] {
  const { before, vanished } = pairUp(previous, samples)
  const pods = samples.map((sample, index) => advancePod(before[index], sample, step))
  if (vanished.length === 0 && isSameList(pods, previous)) return previous
  return [...pods, ...vanished.flatMap((pod) => holdAbsent(pod) ?? [])]
}

function advancePod(previous: PodRecord | undefined, sample: PodSample, step: Step): PodRecord {
  const { before, vanished } = pairUp(previous?.containers ?? [], sample.containers)
  const containers = sample.containers.map((each, index) => advanceContainer(before[index], each, step))
  if (previous && vanished.length === 0 && isSameList(containers, previous.containers)) return previous
  for (const each of vanished) if (!each.absent) containers.push({ ...each, absent: true })
  // The earlier texts, where there are some: equal ones need not be kept twice.
  const { namespace, name } = previous ?? sample
  return { namespace, name, containers }
}

type Named = { namespace?: string; name: string }

/** What stood for each sample before, and what none stands for any more. Kubelets mostly keep their order. */
function pairUp<P extends Named>(previous: readonly P[], samples: readonly Named[]) {
  const isInOrder =
    samples.length === previous.length && samples.every((each, i) => isNamed(each, previous[i]))
  if (isInOrder) return { before: previous, vanished: [] }
  const left = new Map(previous.map((each) => [keyOf(each), each]))
  const before = samples.map((sample) => {
    const found = left.get(keyOf(sample))
    left.delete(keyOf(sample))
    return found
  })
  return { before, vanished: [...left.values()] }
}

function isNamed(sample: Named, previous: Named | undefined): boolean {
  return previous?.name === sample.name && previous.namespace === sample.namespace
}

function keyOf({ namespace, name }: Named): string {
  return `${namespace}/${name}`
}

function isSameList<T>(list: readonly T[], other: readonly T[]): boolean {
  return list.length === other.length && list.every((each, index) => each === other[index])
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
