import { CodedError } from '../errors.ts'

/**
 * Reads a PartialObjectMetadataList in protobuf (apimachinery pkg/apis/meta/v1 generated.proto). Two thirds of an
 * object's metadata are managedFields and annotations, which nobody here asks for: in protobuf they are passed over
 * by their length, where JSON has to be parsed whole.
 */
export const partialListAccept =
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,' +
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** What is read of an object's metadata, under its names in JSON, where a time is RFC 3339. */
export type PartialMeta = {
  name: string
  namespace: string
  uid: string
  /** Absent where it is not set. */
  creationTimestamp?: Date
  labels: Record<string, string>
}

export type PartialList = {
  items: { metadata: PartialMeta }[]
  metadata: { resourceVersion: string; continue: string }
}

const magic = Buffer.from('6b387300', 'hex')

/** Throws a CodedError `bad_protobuf` for what is none, or is cut off. Fields that are not known are passed over. */
export function readPartialList(body: Buffer): PartialList {
  if (!body.subarray(0, magic.length).equals(magic)) throw bad('the body does not begin with its prefix')
  const list: PartialList = { items: [], metadata: { resourceVersion: '', continue: '' } }
  const fields = fieldsOf({ bytes: body, from: magic.length, to: body.length })
  while (next(fields)) if (fields.number === 2) readList(fields, list)
  return list
}

function readList(message: Part, list: PartialList) {
  const fields = fieldsOf(message)
  let before: Labelled | undefined
  while (next(fields)) {
    if (fields.number === 1) readListMeta(fields, list)
    else if (fields.number === 2) {
      const item = fieldsOf(fields)
      while (next(item)) {
        if (item.number !== 1) continue
        const read = readMeta(item, before)
        before = read.labelled
        list.items.push({ metadata: read.meta })
      }
    }
  }
}

function readListMeta(message: Part, { metadata }: PartialList) {
  const fields = fieldsOf(message)
  while (next(fields)) {
    if (fields.number === 2) metadata.resourceVersion = textOf(fields)
    else if (fields.number === 3) metadata.continue = textOf(fields)
  }
}

/** Where an object's labels stand, from the first to the last. */
type Labelled = Part & { labels: Record<string, string> }

/** Objects of one workload stand one behind the other: labels equal to those of the object before are the same object. */
function readMeta(message: Part, before: Labelled | undefined) {
  const { bytes } = message
  const meta: PartialMeta = { name: '', namespace: '', uid: '', labels: noLabels }
  const labelled: Labelled = { bytes, from: 0, to: 0, labels: noLabels }
  const fields = fieldsOf(message)
  while (next(fields)) {
    if (fields.number === 1) meta.name = textOf(fields)
    else if (fields.number === 3) meta.namespace = textOf(fields)
    else if (fields.number === 5) meta.uid = textOf(fields)
    else if (fields.number === 8) readTime(fields, meta)
    else if (fields.number === 11) {
      if (labelled.to === 0) labelled.from = fields.begin
      labelled.to = fields.to
    }
  }
  if (labelled.to === 0) return { meta, labelled: before }
  const isSame = before && bytes.compare(bytes, before.from, before.to, labelled.from, labelled.to) === 0
  labelled.labels = isSame ? before.labels : readLabels(labelled)
  meta.labels = labelled.labels
  return { meta, labelled }
}

const noLabels: Record<string, string> = Object.freeze({})

function readTime(message: Part, meta: PartialMeta) {
  const fields = fieldsOf(message)
  while (next(fields)) if (fields.number === 1) meta.creationTimestamp = new Date(fields.value * 1000)
}

function readLabels(part: Part): Record<string, string> {
  const labels: Record<string, string> = {}
  const fields = fieldsOf(part)
  while (next(fields)) {
    if (fields.number !== 11) continue
    let [key, value] = ['', '']
    const entry = fieldsOf(fields)
    while (next(entry)) {
      if (entry.number === 1) key = textOf(entry)
      else if (entry.number === 2) value = textOf(entry)
    }
    labels[key] = value
  }
  return labels
}

/** Bytes in [from, to): fields of a message. */
type Part = { bytes: Buffer; from: number; to: number }

/** A field of the message that ends at `end`: its tag begins at `begin`; its content, or its value where it is a number. */
type Field = Part & { end: number; number: number; begin: number; value: number }

/** Before the first of them: see `next`. */
function fieldsOf({ bytes, from, to }: Part): Field {
  return { bytes, end: to, number: 0, begin: from, from, to: from, value: 0 }
}

/** Goes on to the next field; false: there is none. */
function next(field: Field): boolean {
  const { bytes, end } = field
  if (field.to >= end) return false
  field.begin = field.to
  field.from = field.to
  const tag = varint(field, bytes, end)
  const type = tag & 7
  field.number = type === 0 || type === 2 ? tag >>> 3 : 0
  field.value = type === 0 || type === 2 ? varint(field, bytes, end) : 0
  field.to = field.from + (type === 2 ? field.value : type === 1 ? 8 : type === 5 ? 4 : 0)
  if (field.to > end || type === 3 || type === 4 || type > 5) throw bad('a field does not end in its message')
  return true
}

/** Moves `from` behind it. */
function varint(field: Field, bytes: Buffer, end: number): number {
  let value = 0
  for (let unit = 1; field.from < end; unit *= 0x80) {
    const byte = bytes[field.from++] as number
    value += (byte & 0x7f) * unit
    if (byte < 0x80) return value
  }
  throw bad('it is cut off')
}

function textOf({ bytes, from, to }: Part): string {
  return bytes.toString('utf8', from, to)
}

function bad(why: string): CodedError {
  return new CodedError('bad_protobuf', `the API server's list cannot be read: ${why}`)
}
