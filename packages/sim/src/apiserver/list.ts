/** GET and LIST from storage. */
import {
  type ListMeta,
  listHead,
  listItemText,
  negotiate,
  objectText,
  protobufType,
  type Representation,
} from './encoding.ts'
import { type Call, header, isGone, sendText, writeAll } from './http.ts'
import { checkListOptions, integer, notOlderThan } from './list-options.ts'
import type { Found, Pages } from './pages.ts'
import { partialListChunks } from './partial-protobuf.ts'
import type { ResourceType } from './resources.ts'
import { selectorOf } from './selectors.ts'
import { expired, notFound } from './status.ts'
import type { Entry, Storage } from './storage.ts'
import { tableOf } from './table.ts'

export function keyFor(type: ResourceType, namespace: string, name: string): string {
  return type.namespaced ? `${namespace}/${name}` : name
}

export function get({ request, response, info, query }: Call, type: ResourceType, storage: Storage): void {
  const representation = negotiate(header(request, 'accept'), false)
  const entry = storage.get(type, keyFor(type, info.namespace, info.name))
  if (!entry) throw notFound(type, info.name)
  const body =
    representation.form === 'table'
      ? tableOf(type, [entry], representation.version, query, entry.object.metadata.resourceVersion ?? '')
      : objectText(entry, type, representation)
  sendText(response, 200, `${body}\n`, 'application/json')
}

export async function list(call: Call, type: ResourceType, storage: Storage, pages: Pages): Promise<void> {
  const { query } = call
  const representation = negotiate(header(call.request, 'accept'), true)
  checkListOptions(query)
  const limit = query.get('resourceVersion') === '0' ? 0 : integer(query, 'limit')
  const token = query.get('continue')
  const { found, offset } = token
    ? pages.resume(token)
    : { found: await find(call, type, storage), offset: 0 }
  const { metadata, entries } = pages.cut(found, offset, limit)
  await sendList(call, type, representation, metadata, entries)
}

async function sendList(
  { response, query }: Call,
  type: ResourceType,
  representation: Representation,
  metadata: ListMeta,
  entries: readonly Entry[],
): Promise<void> {
  if (representation.form === 'table') {
    const body = tableOf(
      type,
      entries,
      representation.version,
      query,
      metadata.resourceVersion,
      metadata.continue,
    )
    return sendText(response, 200, `${body}\n`, 'application/json')
  }
  response.statusCode = 200
  response.setHeader('content-type', representation.protobuf ? protobufType : 'application/json')
  response.setHeader('cache-control', 'no-cache, private')
  if (representation.protobuf) {
    await writeAll(response, partialListChunks(metadata, entries))
    if (!isGone(response)) response.end()
    return
  }
  await writeAll(response, listTexts(type, representation, metadata, entries))
  if (!isGone(response)) response.end(']}\n')
}

function* listTexts(
  type: ResourceType,
  representation: Representation,
  metadata: ListMeta,
  entries: readonly Entry[],
): Generator<string> {
  yield listHead(type, representation, metadata)
  let separator = ''
  for (const entry of entries) {
    yield separator + listItemText(entry, representation)
    separator = ','
  }
}

async function find({ info, query }: Call, type: ResourceType, storage: Storage): Promise<Found> {
  const selector = selectorOf(type, query.get('labelSelector'), query.get('fieldSelector'))
  const wanted = integer(query, 'resourceVersion')
  await notOlderThan(storage, wanted)
  const match = query.get('resourceVersionMatch')
  const exact = match === 'Exact' || (match === null && wanted > 0 && integer(query, 'limit') > 0)
  const namespace = info.namespace === '' ? undefined : info.namespace
  const found = storage.list(type, namespace)
  const all = exact ? entriesAt(storage, type, wanted, namespace, found) : found
  const entries = selector ? all.filter((entry) => selector(entry.object)) : all
  return { version: exact ? wanted : storage.version(), entries, selected: selector !== undefined }
}

/** Undoes the events since a version. @throws StatusError 410 when history does not reach back */
function entriesAt(
  storage: Storage,
  type: ResourceType,
  version: number,
  namespace: string | undefined,
  now: readonly Entry[],
): Entry[] {
  const events = storage.since(type, version)
  if (!events) throw expired(`The resourceVersion for the provided list is too old.`)
  const entries = new Map(now.map((entry) => [entry.key, entry]))
  for (const { entry, previous } of events.reverse()) {
    if (namespace !== undefined && entry.object.metadata.namespace !== namespace) continue
    if (previous) entries.set(entry.key, previous)
    else entries.delete(entry.key)
  }
  return [...entries.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}
