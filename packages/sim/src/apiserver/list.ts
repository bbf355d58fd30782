/** GET and LIST from storage: selectors, resourceVersion semantics, pages of one consistent snapshot. */

import {
  type ListMeta,
  listHead,
  listItemText,
  metadataText,
  negotiate,
  objectText,
  type Representation,
} from './encoding.ts'
import { type Call, header, sendText, writeAll } from './http.ts'
import type { ResourceType } from './resources.ts'
import { selectorOf } from './selectors.ts'
import { badRequest, expired, invalid, notFound, StatusError } from './status.ts'
import type { Entry, Storage } from './storage.ts'
import { tableOf } from './table.ts'

type Snapshot = { id: string; version: number; entries: readonly Entry[]; selected: boolean }
export type Snapshots = ReturnType<typeof createSnapshots>

/** The lists whose further pages may still be asked for; the oldest give way, as if compacted. */
export function createSnapshots(capacity = 16) {
  const kept = new Map<string, Snapshot>()
  let next = 0
  return {
    keep(version: number, entries: readonly Entry[], selected: boolean): Snapshot {
      next += 1
      const snapshot = { id: String(next), version, entries, selected }
      kept.set(snapshot.id, snapshot)
      for (const id of kept.keys()) if (kept.size > capacity) kept.delete(id)
      return snapshot
    },
    find: (id: string): Snapshot | undefined => kept.get(id),
    clear: (): void => kept.clear(),
  }
}

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

export async function list(
  call: Call,
  type: ResourceType,
  storage: Storage,
  snapshots: Snapshots,
): Promise<void> {
  const representation = negotiate(header(call.request, 'accept'), true)
  const { query } = call
  checkOptions(query)
  const limit = query.get('resourceVersion') === '0' ? 0 : integer(query, 'limit')
  const token = query.get('continue')
  const from = token
    ? continued(token, snapshots)
    : { snapshot: await snapshotNow(call, type, storage, snapshots), offset: 0 }
  const { entries, version, selected, id } = from.snapshot
  const end = limit > 0 ? Math.min(from.offset + limit, entries.length) : entries.length
  const metadata: ListMeta = { resourceVersion: String(version) }
  if (end < entries.length) {
    metadata.continue = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', id, offset: end })).toString(
      'base64url',
    )
    if (!selected) metadata.remainingItemCount = entries.length - end
  }
  await sendList(call, type, representation, metadata, entries.slice(from.offset, end))
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
  response.setHeader('content-type', 'application/json')
  response.setHeader('cache-control', 'no-cache, private')
  await writeAll(response, listTexts(type, representation, metadata, entries))
  if (!response.destroyed) response.end(']}\n')
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
    metadataText(entry)
    yield separator + listItemText(entry, representation)
    separator = ','
  }
}

async function snapshotNow(
  { info, query }: Call,
  type: ResourceType,
  storage: Storage,
  snapshots: Snapshots,
): Promise<Snapshot> {
  const selector = selectorOf(type, query.get('labelSelector'), query.get('fieldSelector'))
  const wanted = integer(query, 'resourceVersion')
  await notOlderThan(storage, wanted)
  const match = query.get('resourceVersionMatch')
  const exact = match === 'Exact' || (match === null && wanted > 0 && integer(query, 'limit') > 0)
  const namespace = info.namespace === '' ? undefined : info.namespace
  const found = storage.list(type, namespace)
  const all = exact ? entriesAt(storage, type, wanted, namespace, found) : found
  const entries = selector ? all.filter((entry) => selector(entry.object)) : all
  return snapshots.keep(exact ? wanted : storage.version(), entries, selector !== undefined)
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

function continued(token: string, snapshots: Snapshots): { snapshot: Snapshot; offset: number } {
  let parsed: { id?: unknown; offset?: unknown }
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data')
  }
  const snapshot = snapshots.find(String(parsed.id))
  if (!snapshot) {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    )
  }
  return { snapshot, offset: Number(parsed.offset) }
}

/** Waits for a version, as the watch cache does (3 s). @throws StatusError 504 */
export async function notOlderThan(storage: Storage, version: number): Promise<void> {
  if (await storage.reached(version)) return
  const message = `Too large resource version: ${version}, current: ${storage.version()}`
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  throw new StatusError(504, 'Timeout', `Timeout: ${message}`, { causes, retryAfterSeconds: 1 })
}

/** @throws StatusError 400 when a numeric parameter is not a number */
export function integer(query: URLSearchParams, name: string): number {
  const value = query.get(name) ?? ''
  if (value === '') return 0
  if (!/^\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`)
  return Number(value)
}

function checkOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch')
  const version = query.get('resourceVersion') ?? ''
  const refuse = (why: string) => invalid('ListOptions.meta.k8s.io', '', why)
  if (query.has('sendInitialEvents')) {
    throw refuse('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')
  }
  if (match === null) return
  if (version === '') {
    throw refuse(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    )
  }
  if (query.get('continue')) {
    throw refuse(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    )
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw refuse(
      `resourceVersionMatch: Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`,
    )
  }
  if (match === 'Exact' && version === '0') {
    throw refuse(
      'resourceVersionMatch: Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"',
    )
  }
}
