/**
 * WATCH: initial state or history, then what happens. Each watch is a queue that a pump writes out no
 * faster than the client reads. A selector turns an object that stops matching into DELETED.
 */
import { bookmarkText, negotiate, objectText, type Representation } from './encoding.ts'
import { type Call, header, isGone } from './http.ts'
import { checkWatchOptions, integer, notOlderThan } from './list-options.ts'
import type { ResourceType } from './resources.ts'
import { type Predicate, selectorOf } from './selectors.ts'
import { expired } from './status.ts'
import type { Entry, Storage, StorageEvent } from './storage.ts'
import { tableOf } from './table.ts'
import { createWatchStream, type Line } from './watch-stream.ts'

export type WatchSettings = { bookmarkIntervalMs: number }

/** An open watch, as the knobs of a test see it. */
export type Watch = { call: Call; type: ResourceType; drop(): void; stall(stalled: boolean): void }
export type Watches = Set<Watch>

export async function watch(
  call: Call,
  type: ResourceType,
  storage: Storage,
  watches: Watches,
  { bookmarkIntervalMs }: WatchSettings,
): Promise<void> {
  const { query, response } = call
  const lens = createLens(call, type)
  const bookmarks = ['true', '1'].includes(query.get('allowWatchBookmarks') ?? '')
  const sendInitial = checkWatchOptions(query, bookmarks)
  const timeoutMs = (integer(query, 'timeoutSeconds') || 1800 + Math.random() * 1800) * 1000
  const from = integer(query, 'resourceVersion')
  if (sendInitial) await notOlderThan(storage, from)
  const backlog = sendInitial || from === 0 ? lens.initial(storage, sendInitial) : lens.missed(storage, from)
  if (!backlog) return endWithError(call, expiredAt(from, storage.oldestVersion(type)))

  const stream = createWatchStream(call, backlog)
  const bookmark = () => stream.push(lens.bookmark(storage.version()))
  const unsubscribe = storage.subscribe(type, (event) => {
    if (event.version > from) stream.push(lens.line(event))
  })
  const ticker = bookmarks ? setInterval(bookmark, bookmarkIntervalMs) : undefined
  const deadline = setTimeout(() => {
    if (bookmarks) bookmark()
    stream.end()
  }, timeoutMs)
  const open = { call, type, drop: stream.drop, stall: stream.stall }
  watches.add(open)
  await stream.done
  watches.delete(open)
  unsubscribe()
  clearInterval(ticker)
  clearTimeout(deadline)
  if (!isGone(response)) response.end()
}

/** What one watch sees of the storage: its namespace, its selectors, its representation. */
function createLens({ request, query, info }: Call, type: ResourceType) {
  const representation = negotiate(header(request, 'accept'), false)
  const selector = selectorOf(type, query.get('labelSelector'), query.get('fieldSelector'))
  const namespace = info.namespace || undefined
  const render = (change: string, entry: Entry) => () => eventText(change, entry, type, representation, query)

  function line(event: StorageEvent): Line | undefined {
    if (namespace !== undefined && event.entry.object.metadata.namespace !== namespace) return undefined
    const change = selected(event, selector)
    return change && render(change.type, change.entry)
  }
  function bookmark(version: number, annotations?: Record<string, string>): Line {
    return () => `{"type":"BOOKMARK","object":${bookmarkText(type, representation, version, annotations)}}\n`
  }
  return {
    line,
    bookmark,
    initial(storage: Storage, marksTheEnd: boolean): Line[] {
      const entries = storage.list(type, namespace)
      const matching = selector ? entries.filter(({ object }) => selector(object)) : entries
      const lines = matching.map((entry) => render('ADDED', entry))
      if (marksTheEnd) lines.push(bookmark(storage.version(), { 'k8s.io/initial-events-end': 'true' }))
      return lines
    },
    /** What happened after a version, or undefined if that is forgotten. */
    missed(storage: Storage, from: number): Line[] | undefined {
      return storage.since(type, from)?.flatMap((event) => line(event) ?? [])
    },
  }
}

function expiredAt(from: number, oldest: number) {
  return expired(`too old resource version: ${from} (${oldest})`).status
}

function endWithError({ response }: Call, status: unknown): void {
  response.statusCode = 200
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
}

function eventText(
  eventType: string,
  entry: Entry,
  type: ResourceType,
  representation: Representation,
  query: URLSearchParams,
): string {
  const object =
    representation.form === 'table'
      ? tableOf(type, [entry], representation.version, query, entry.object.metadata.resourceVersion ?? '')
      : objectText(entry, type, representation)
  return `{"type":"${eventType}","object":${object}}\n`
}

/** What an event means to a watch that sees matching objects only. */
function selected(
  event: StorageEvent,
  selector: Predicate | undefined,
): { type: string; entry: Entry } | undefined {
  if (!selector) return event
  const was = event.previous !== undefined && selector(event.previous.object)
  const is = event.type !== 'DELETED' && selector(event.entry.object)
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', entry: event.entry }
  if (!was || !event.previous) return undefined
  const { object, key } = event.previous
  const metadata = { ...object.metadata, resourceVersion: String(event.version) }
  return { type: 'DELETED', entry: { key, version: event.version, object: { ...object, metadata } } }
}
