import { CodedError } from '../errors.ts'

/**
 * Reads a PartialObjectMetadataList in protobuf (apimachinery pkg/apis/meta/v1 generated.proto). Two thirds of an
 * object's metadata are managedFields and annotations, which nobody here asks for: in protobuf they are passed over
 * by their length, where JSON has to be parsed whole.
 */
export const partialListAccept =
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,' +
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/** What is read of an object's metadata, under its names in JSON. */
export type PartialMeta = {
  name: string
  namespace: string
  uid: string
  /** RFC 3339; absent where it is not set. */
  creationTimestamp?: string
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
  const reader = createReader(body)
  reader.message(magic.length, body.length, (field, from, to) => {
    if (field === 2) readList(reader, from, to, list)
  })
  return list
}

type Reader = ReturnType<typeof createReader>

function readList(reader: Reader, from: number, to: number, list: PartialList) {
  reader.message(from, to, (field, from, to) => {
    if (field === 1) {
      reader.message(from, to, (field, from, to) => {
        if (field === 2) list.metadata.resourceVersion = reader.text(from, to)
        if (field === 3) list.metadata.continue = reader.text(from, to)
      })
    } else if (field === 2) {
      reader.message(from, to, (field, from, to) => {
        if (field === 1) list.items.push({ metadata: readMeta(reader, from, to) })
      })
    }
  })
}

function readMeta(reader: Reader, from: number, to: number): PartialMeta {
  const meta: PartialMeta = { name: '', namespace: '', uid: '', labels: {} }
  reader.message(from, to, (field, from, to) => {
    if (field === 1) meta.name = reader.text(from, to)
    else if (field === 3) meta.namespace = reader.text(from, to)
    else if (field === 5) meta.uid = reader.text(from, to)
    else if (field === 8) readTime(reader, from, to, meta)
    else if (field === 11) readLabel(reader, from, to, meta.labels)
  })
  return meta
}

function readTime(reader: Reader, from: number, to: number, meta: PartialMeta) {
  reader.message(from, to, (field, seconds) => {
    if (field === 1) meta.creationTimestamp = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
  })
}

function readLabel(reader: Reader, from: number, to: number, labels: Record<string, string>) {
  let [key, value] = ['', '']
  reader.message(from, to, (field, from, to) => {
    if (field === 1) key = reader.text(from, to)
    if (field === 2) value = reader.text(from, to)
  })
  labels[key] = value
}

/** Of a field: where its content begins and ends, or its value twice where it is a number. */
type OnField = (field: number, from: number, to: number) => void

function createReader(bytes: Buffer) {
  let at = 0

  function varint(end: number): number {
    let value = 0
    for (let unit = 1; at < end; unit *= 0x80) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * unit
      if (byte < 0x80) return value
    }
    throw bad('it is cut off')
  }
  return {
    text: (from: number, to: number) => bytes.toString('utf8', from, to),
    message(from: number, end: number, onField: OnField) {
      let next = from
      while (next < end) {
        at = next
        const tag = varint(end)
        const type = tag & 7
        const value = type === 0 || type === 2 ? varint(end) : 0
        const start = at
        next = start + (type === 2 ? value : type === 1 ? 8 : type === 5 ? 4 : 0)
        if (next > end || type === 3 || type === 4 || type > 5)
          throw bad('a field does not end in its message')
        if (type === 2) onField(tag >>> 3, start, next)
        else if (type === 0) onField(tag >>> 3, value, value)
      }
    },
  }
}

function bad(why: string): CodedError {
  return new CodedError('bad_protobuf', `the API server's list cannot be read: ${why}`)
}
