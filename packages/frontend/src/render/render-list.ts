import { apiVersion, kinds, type ListMeta, type Resource, type Version } from '../answer/api.ts'
import type { IncludeObject } from '../request/list-options.ts'
import type { Media } from '../request/negotiate.ts'
import { bytesOf, type Kept, type Part } from '../view/slabs.ts'
import { documentText, type Frame, frameOf, type Style } from './frame.ts'
import {
  enveloped,
  envelopeHead,
  listHeadProtobuf,
  listMetaProtobuf,
  listTailProtobuf,
} from './protobuf-envelope.ts'
import { varintSize } from './protobuf-writer.ts'
import { listMeta, objectJson } from './render-json.ts'
import {
  type MetaVersion,
  partialItemJson,
  partialItemProtobuf,
  partialMessage,
  partialMessageSize,
  partialObject,
} from './render-partial.ts'
import { objectProtobuf } from './render-protobuf.ts'
import { tableDocument, tableRow, usageNames } from './render-table.ts'

/** What is asked for. */
export type Form = {
  resource: Resource
  version: Version
  media: Media
  /** Of a Table. */
  includeObject?: IncludeObject
}

/** The kept representation that all others of its encoding are made from. */
export function partOf({ encoding }: Media): Part {
  return encoding === 'protobuf' ? 'protobuf' : 'json'
}

/**
 * The body of a list, from items in the form's part, piece by piece: for JSON and protobuf the fragments as they are, for all else each item
 * rendered as the piece is taken. So a long list can be written in turns.
 */
export function* listPieces(form: Form, items: readonly Kept[], meta: ListMeta = {}): Generator<Uint8Array> {
  if (form.media.encoding === 'protobuf') return yield* protobufPieces(form, items, meta)
  const { frame, render } = textFrame(form, items, meta)
  const separator = Buffer.from(frame.separator)
  yield Buffer.from(frame.head)
  for (let at = 0; at < items.length; at++) {
    const json = bytesOf(items[at] as Kept)
    if (at > 0 && separator.length > 0) yield separator
    yield render ? Buffer.from(render(json.toString())) : json
  }
  if (frame.tail !== '') yield Buffer.from(frame.tail)
}

/** The body of one object, from its item in the form's part. */
export function objectBody(form: Form, item: Kept): Buffer {
  const { resource, version, media } = form
  const { transform } = media
  if (transform?.kind === 'Table') return Buffer.concat([...listPieces(form, [item])])
  const bytes = bytesOf(item)
  if (media.encoding === 'protobuf') {
    if (!transform) return objectProtobuf(kinds[resource], version, bytes)
    return enveloped(`meta.k8s.io/${transform.version}`, 'PartialObjectMetadata', partialMessage(bytes))
  }
  const text = bytes.toString()
  if (transform) return Buffer.from(documentText(partialObject(text, transform.version), styleOf(media)))
  const whole = objectJson(kinds[resource], version, text)
  return Buffer.from(styleOf(media) === 'compact' ? whole : documentText(JSON.parse(whole), styleOf(media)))
}

export function styleOf({ encoding, pretty }: Pick<Media, 'encoding' | 'pretty'>): Style {
  if (encoding === 'yaml') return 'yaml'
  return pretty ? 'pretty' : 'compact'
}

type TextFrame = { frame: Frame; render: ((json: string) => string) | undefined }

function textFrame(form: Form, items: readonly Kept[], meta: ListMeta): TextFrame {
  const { resource, version, media, includeObject = 'Metadata' } = form
  const { transform } = media
  const framed = (document: object, hole: string) => {
    return frameOf(document, hole, styleOf(media), items.length === 0)
  }
  if (transform?.kind === 'Table') {
    const first = items[0] && bytesOf(items[0]).toString()
    const names = first === undefined ? [] : usageNames(first)
    const table = { resource, version, tableVersion: transform.version, includeObject }
    const frame = framed(tableDocument(first, transform.version, meta), 'rows')
    return { frame, render: chained((json) => tableRow(json, names, table), frame.item) }
  }
  if (transform) {
    const frame = framed({ ...partialList(transform.version), metadata: listMeta(meta) }, 'items')
    return { frame, render: chained((json) => partialItemJson(json, transform.version), frame.item) }
  }
  const kind = `${kinds[resource]}List`
  const frame = framed({ kind, apiVersion: apiVersion(version), metadata: listMeta(meta) }, 'items')
  return { frame, render: frame.item }
}

function chained(first: (json: string) => string, then: Frame['item']): (json: string) => string {
  return then ? (json) => then(first(json)) : first
}

function partialList(version: string): { kind: string; apiVersion: string } {
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}` }
}

function* protobufPieces(form: Form, items: readonly Kept[], meta: ListMeta): Generator<Uint8Array> {
  const { resource, version, media } = form
  if (media.transform) return yield* partialProtobufPieces(media.transform.version, items, meta)
  let bytes = 0
  for (const { from, to } of items) bytes += to - from
  yield listHeadProtobuf(apiVersion(version), `${kinds[resource]}List`, bytes, meta)
  for (const item of items) yield bytesOf(item)
  yield listTailProtobuf
}

/** In v1beta1 metadata stands behind the items: its message has the two fields the other way round. */
function* partialProtobufPieces(
  version: MetaVersion,
  items: readonly Kept[],
  meta: ListMeta,
): Generator<Uint8Array> {
  const { kind, apiVersion } = partialList(version)
  const metadata = listMetaProtobuf(version === 'v1' ? 1 : 2, meta)
  let bytes = metadata.length
  for (const { slab, from } of items) {
    const size = partialMessageSize(slab, from)
    bytes += 1 + varintSize(size) + size
  }
  yield envelopeHead(apiVersion, kind, bytes)
  if (version === 'v1') yield metadata
  for (const item of items) yield partialItemProtobuf(bytesOf(item), version)
  if (version === 'v1beta1') yield metadata
  yield listTailProtobuf
}
