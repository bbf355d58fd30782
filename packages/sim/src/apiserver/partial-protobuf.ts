/**
 * PartialObjectMetadataList in protobuf, which Go's metadata clients ask for first (apimachinery pkg/apis/meta/v1
 * generated.proto). Fields in order, and what is no pointer in Go is written also where it is empty.
 */
import type { ListMeta } from './encoding.ts'
import type { ObjectMeta } from './objects.ts'
import type { Entry } from './storage.ts'

type Members = Record<string, unknown>
type Fields = [number: number, value: string | number | boolean | Buffer | Fields][]

const magic = Buffer.from('6b387300', 'hex')

/** All of an answer's body, in pieces. */
export function* partialListChunks(metadata: ListMeta, entries: readonly Entry[]): Generator<Buffer> {
  const items = entries.map(itemBytes)
  const meta = message([[1, listMeta(metadata)]])
  const length = items.reduce((sum, item) => sum + item.length, meta.length)
  const typeMeta = message([
    [
      1,
      [
        [1, 'meta.k8s.io/v1'],
        [2, 'PartialObjectMetadataList'],
      ],
    ],
  ])
  yield Buffer.concat([magic, typeMeta, varint((2 << 3) | 2), varint(length), meta])
  yield* items
  yield message([
    [3, ''],
    [4, ''],
  ])
}

/** An `items` field. */
function itemBytes(entry: Entry): Buffer {
  entry.partialBytes ??= kept(message([[2, message([[1, objectMeta(entry.object.metadata)]])]]))
  return entry.partialBytes
}

const slabBytes = 1024 * 1024
let slab = Buffer.alloc(0)

/** A copy among others: by itself each would hold all that was joined for it. */
function kept(bytes: Buffer): Buffer {
  if (bytes.length > slab.length) slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes.length))
  bytes.copy(slab)
  const copy = slab.subarray(0, bytes.length)
  slab = slab.subarray(bytes.length)
  return copy
}

function listMeta({ resourceVersion, continue: token = '', remainingItemCount }: ListMeta): Fields {
  const remaining: Fields = remainingItemCount === undefined ? [] : [[4, remainingItemCount]]
  return [[1, ''], [2, resourceVersion], [3, token], ...remaining]
}

function objectMeta(metadata: ObjectMeta): Buffer {
  const { managedFields = [], ownerReferences = [], finalizers = [], deletionTimestamp } = metadata
  const own = message([
    [1, text(metadata.name)],
    [2, text(metadata.generateName)],
    [3, text(metadata.namespace)],
    [4, ''],
    [5, text(metadata.uid)],
    [6, text(metadata.resourceVersion)],
    [7, Number(metadata.generation ?? 0)],
    [8, time(metadata.creationTimestamp)],
    ...(deletionTimestamp === undefined ? [] : ([[9, time(deletionTimestamp)]] as Fields)),
    ...strings(11, metadata.labels),
    ...strings(12, metadata.annotations),
    ...(ownerReferences as Members[]).map((each): Fields[number] => [13, ownerReference(each)]),
    ...(finalizers as string[]).map((each): Fields[number] => [14, each]),
  ])
  return Buffer.concat([own, managedFieldsBytes(managedFields as Members[])])
}

const managedFieldsOf = new WeakMap<object, Buffer>()

/** Most of an object, and the same array in every pod of a workload. */
function managedFieldsBytes(all: Members[]): Buffer {
  const known = managedFieldsOf.get(all)
  if (known) return known
  const bytes = kept(message(all.map((each): Fields[number] => [17, managedFieldsEntry(each)])))
  managedFieldsOf.set(all, bytes)
  return bytes
}

function ownerReference({ kind, name, uid, apiVersion, controller, blockOwnerDeletion }: Members): Fields {
  return [
    [1, text(kind)],
    [3, text(name)],
    [4, text(uid)],
    [5, text(apiVersion)],
    ...(controller === undefined ? [] : ([[6, controller === true]] as Fields)),
    ...(blockOwnerDeletion === undefined ? [] : ([[7, blockOwnerDeletion === true]] as Fields)),
  ]
}

function managedFieldsEntry(entry: Members): Fields {
  return [
    [1, text(entry.manager)],
    [2, text(entry.operation)],
    [3, text(entry.apiVersion)],
    [4, time(entry.time)],
    [6, text(entry.fieldsType)],
    [7, [[1, JSON.stringify(entry.fieldsV1 ?? {})]]],
    [8, text(entry.subresource)],
  ]
}

/** A map of strings, by key. */
function strings(number: number, map: unknown): Fields {
  const entries = Object.entries((map ?? {}) as Record<string, string>).sort(([a], [b]) => (a < b ? -1 : 1))
  return entries.map(([key, value]) => [
    number,
    [
      [1, key],
      [2, value],
    ],
  ])
}

function time(value: unknown): Fields {
  return [
    [1, Math.floor(Date.parse(String(value)) / 1000) || 0],
    [2, 0],
  ]
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function message(fields: Fields): Buffer {
  const parts: Buffer[] = []
  for (const [number, value] of fields) {
    if (typeof value === 'number' || typeof value === 'boolean')
      parts.push(varint(number << 3), varint(Number(value)))
    else {
      const content = contentOf(value)
      parts.push(varint((number << 3) | 2), varint(content.length), content)
    }
  }
  return Buffer.concat(parts)
}

function contentOf(value: string | Buffer | Fields): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  return Buffer.isBuffer(value) ? value : message(value)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 0x80)) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest % 0x80) | 0x80)
  }
}
