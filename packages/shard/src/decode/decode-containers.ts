import type { ContainerSample, PodSample } from '@metrics-ring/common/record/sample'
import { createLabels, type Names, readLabels, readNames } from './decode-labels.ts'
import { createReadings, pointOf, type Readings } from './decode-readings.ts'

/** No kubelet runs this many; what an answer names beyond is malformed. */
const MAX_CONTAINERS = 20_000

/** A container, with the label block that first named it and the container named after it. */
type Entry = {
  sample: ContainerSample
  readings: Readings
  blockStart: number
  blockLength: number
  next: Entry | undefined
}

/** The containers an answer has named so far. */
export type Containers = {
  /**
   * Reads the label block at `start`; returns where it ends, or -1 when it names no container.
   * `found` is then what is known of that container.
   */
  read(start: number): number
  found: Readings
  /** Says that a series begins: kubelets write every series in one order of containers. */
  rewind(): void
  pods(): PodSample[]
}

/**
 * Kubelets repeat the same label blocks in the same order for each series, so a block is compared with the one
 * expected next before it is read; a block that is byte for byte the same means the same container.
 */
export function createContainers(body: Buffer): Containers {
  const labels = createLabels()
  const entries = new Map<string, Entry>()
  const pods = new Map<string, PodSample>()
  let first: Entry | undefined
  let last: Entry | undefined
  let expected: Entry | undefined

  function read(start: number): number {
    let entry = expected
    let end = start
    if (entry && sameBlock(body, start, entry)) end += entry.blockLength
    else {
      end = readLabels(body, start, labels)
      if (end < 0) return -1
      const names = readNames(body, labels)
      entry = names && find(names, start, end)
      if (!entry) return -1
    }
    expected = entry.next
    containers.found = entry.readings
    return end
  }

  function find(names: Names, start: number, end: number): Entry | undefined {
    const podKey = `${names.namespace.length} ${names.namespace}${names.pod}`
    const key = `${podKey.length} ${podKey}${names.container}`
    const known = entries.get(key)
    if (known || entries.size >= MAX_CONTAINERS) return known
    const entry: Entry = {
      sample: { name: names.container, point: undefined },
      readings: createReadings(),
      blockStart: start,
      blockLength: end - start,
      next: undefined,
    }
    entries.set(key, entry)
    podFor(podKey, names).containers.push(entry.sample)
    if (last) last.next = entry
    else first = entry
    last = entry
    return entry
  }

  function podFor(key: string, names: Names): PodSample {
    const known = pods.get(key)
    if (known) return known
    const pod: PodSample = { namespace: names.namespace, name: names.pod, containers: [] }
    pods.set(key, pod)
    return pod
  }

  const containers: Containers = {
    read,
    found: createReadings(),
    rewind() {
      expected = first
    },
    pods() {
      for (const entry of entries.values()) entry.sample.point = pointOf(entry.readings)
      return [...pods.values()]
    },
  }
  return containers
}

/** Compared from the front: no block holds a newline, so a shorter line ends the comparison. */
function sameBlock(body: Buffer, start: number, entry: Entry): boolean {
  if (start + entry.blockLength > body.length) return false
  for (let at = 0; at < entry.blockLength; at++) {
    if (body[start + at] !== body[entry.blockStart + at]) return false
  }
  return true
}
