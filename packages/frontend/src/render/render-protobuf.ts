import { apiVersion, type Kind, type Version } from '../answer/api.ts'
import type { ItemUsage, Labels, NodeItem, PodItem } from '../view/item.ts'
import { ofLast } from '../view/of-last.ts'
import { windowNanos } from './duration.ts'
import { enveloped, messageOf } from './protobuf-envelope.ts'
import { createProtobufWriter } from './protobuf-writer.ts'
import { cpuQuantity, memoryQuantity } from './quantity.ts'
import { sortedKeys } from './sorted-keys.ts'

/**
 * Messages of k8s.io/metrics generated.proto, byte by byte as Go writes them: empty strings of ObjectMeta
 * are written too, maps are sorted by key. A fragment is a whole `items` field of a list, so that lists
 * are fragments put together, and it is the same in every version.
 */
const writer = createProtobufWriter()
const itemsField = 2

/** A NodeMetrics as one `items` field of a list; it stands until the next item is rendered. */
export function nodeItemProtobuf(item: NodeItem): Buffer<ArrayBuffer> {
  writer.reset()
  usage(4, item.usage)
  times(item, '')
  writer.open(itemsField, 0)
  return writer.lend()
}

/** A PodMetrics likewise; containers in byte order of their names. */
export function podItemProtobuf(item: PodItem): Buffer<ArrayBuffer> {
  writer.reset()
  for (let at = item.containers.length - 1; at >= 0; at--) {
    const container = item.containers[at] as PodItem['containers'][number]
    const before = writer.size()
    usage(2, container.usage)
    writer.text(1, container.name)
    writer.open(4, before)
  }
  times(item, item.namespace)
  writer.open(itemsField, 0)
  return writer.lend()
}

/** One object of a version, in its envelope, from its fragment. */
export function objectProtobuf(kind: Kind, version: Version, fragment: Uint8Array): Buffer<ArrayBuffer> {
  return enveloped(apiVersion(version), kind, messageOf(fragment))
}

/** Metadata, timestamp and window: fields 1 to 3 of both kinds. */
function times(item: NodeItem | PodItem, namespace: string) {
  const seconds = Math.floor(item.timestampMs / 1000)
  let before = writer.size()
  writer.varint(1, windowNanos(item.windowMs))
  writer.open(3, before)
  time(2, seconds)
  before = writer.size()
  writer.raw(labelsProtobuf(item.labels))
  time(8, seconds)
  writer.varint(7, 0)
  for (const empty of [6, 5, 4]) writer.text(empty, '')
  writer.text(3, namespace)
  writer.text(2, '')
  writer.text(1, item.name)
  writer.open(1, before)
}

const labelsWriter = createProtobufWriter()

const labelsProtobuf = ofLast((labels: Labels): Buffer => {
  labelsWriter.reset()
  const keys = sortedKeys(labels)
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at] as string
    const entry = labelsWriter.size()
    labelsWriter.text(2, labels[key] as string)
    labelsWriter.text(1, key)
    labelsWriter.open(11, entry)
  }
  return labelsWriter.take()
})

/** metav1.Time keeps whole seconds. */
function time(field: number, seconds: number) {
  const before = writer.size()
  writer.varint(2, 0)
  writer.varint(1, seconds)
  writer.open(field, before)
}

function usage(field: number, { cpuNanocores, memoryBytes, swapBytes }: ItemUsage) {
  if (swapBytes !== undefined) quantity(field, 'swap', memoryQuantity(swapBytes))
  quantity(field, 'memory', memoryQuantity(memoryBytes))
  quantity(field, 'cpu', cpuQuantity(cpuNanocores))
}

function quantity(field: number, key: string, text: string) {
  const entry = writer.size()
  const before = entry
  writer.text(1, text)
  writer.open(2, before)
  writer.text(1, key)
  writer.open(field, entry)
}
