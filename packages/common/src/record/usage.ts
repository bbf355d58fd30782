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
