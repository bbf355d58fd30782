import type { ListMeta } from '../answer/api.ts'
import { createProtobufWriter, type ProtobufWriter, varintSize } from './protobuf-writer.ts'

/** Marks a body as Kubernetes protobuf (apimachinery serializer/protobuf). */
const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00])
const writer = createProtobufWriter()

/** contentEncoding and contentType of the envelope, both empty. */
export const listTailProtobuf = Buffer.from([0x1a, 0x00, 0x22, 0x00])

/** Any message in the envelope that Kubernetes puts around one. */
export function enveloped(apiVersion: string, kind: string, message: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.concat([envelopeHead(apiVersion, kind, message.length), message, listTailProtobuf])
}

/**
 * What stands before the fragments of a list, which are followed by `listTailProtobuf`. `itemsBytes`: how long the
 * fragments are together.
 */
export function listHeadProtobuf(
  apiVersion: string,
  kind: string,
  itemsBytes: number,
  meta: ListMeta = {},
): Buffer<ArrayBuffer> {
  const head = listMetaProtobuf(1, meta)
  return Buffer.concat([envelopeHead(apiVersion, kind, head.length + itemsBytes), head])
}

/** The envelope up to its message, which is so many bytes long and is followed by `listTailProtobuf`. */
export function envelopeHead(apiVersion: string, kind: string, messageBytes: number): Buffer<ArrayBuffer> {
  writer.reset()
  typeMeta(apiVersion, kind)
  return Buffer.concat([magic, writer.take(), lengthOf(2, messageBytes)])
}

/** ListMeta as a field of its own. */
export function listMetaProtobuf(field: number, meta: ListMeta): Buffer<ArrayBuffer> {
  writer.reset()
  writeListMeta(writer, meta, field)
  return writer.take()
}

/** The message that a fragment holds. */
export function messageOf(fragment: Uint8Array): Uint8Array {
  let at = 1
  while ((fragment[at] as number) >= 0x80) at++
  return fragment.subarray(at + 1)
}

/** Key and length of a field that holds so many bytes. */
export function lengthOf(field: number, bytes: number): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(1 + varintSize(bytes))
  head[0] = (field << 3) | 2
  let rest = bytes
  let at = 1
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) head[at++] = (rest % 0x80) | 0x80
  head[at] = rest
  return head
}

function typeMeta(apiVersion: string, kind: string) {
  const before = writer.size()
  writer.text(2, kind)
  writer.text(1, apiVersion)
  writer.open(1, before)
}

/** ListMeta; all its strings are written, also where they are empty. */
export function writeListMeta(writer: ProtobufWriter, meta: ListMeta, field: number) {
  const before = writer.size()
  if (meta.remainingItemCount) writer.varint(4, meta.remainingItemCount)
  writer.text(3, meta.continue ?? '')
  writer.text(2, '')
  writer.text(1, '')
  writer.open(field, before)
}
