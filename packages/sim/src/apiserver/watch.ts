/**
 * WATCH: initial state or history, then what happens. Each watch is a queue that a pump writes out no
 * faster than the client reads. A selector turns an object that stops matching into DELETED.
 */
import { bookmarkText, negotiate, objectText, type Representation } from './encoding.ts'
import { type Call, header, writable } from './http.ts'
import { integer, notOlderThan } from './list.ts'
import type { ResourceType } from './resources.ts'
import { type Predicate, selectorOf } from './selectors.ts'
import { expired, invalid } from './status.ts'
import type { Entry, Storage, StorageEvent } from './storage.ts'
import { tableOf } from './table.ts'

export type WatchSettings = { bookmarkIntervalMs: number }

/** An open watch, as the knobs of a test see it. */
export type Watch = { call: Call; type: ResourceType; drop(): void; stall(stalled: boolean): void }
export type Watches = Set<Watch>

type Line = () => string
const queueLimit = 200_000

export async function watch(
  call: Call,
  type: ResourceType,
  storage: Storage,
  watches: Watches,
  { bookmarkIntervalMs }: WatchSettings,
): Promise<void> {
  const { query, response, info } = call
  const representation = negotiate(header(call.request, 'accept'), false)
  const selector = selectorOf(type, query.get('labelSelector'), query.get('fieldSelector'))
  const bookmarks = query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1'
  const sendInitial = checkInitialEvents(query, bookmarks)
  const timeoutMs = (integer(query, 'timeoutSeconds') || 1800 + Math.random() * 1800) * 1000
  const from = integer(query, 'resourceVersion')
  if (sendInitial) await notOlderThan(storage, from)

  const inNamespace = (entry: Entry) =>
    info.namespace === '' || entry.object.metadata.namespace === info.namespace
  const render = (type_: string, entry: Entry) => () => eventText(type_, entry, type, representation, query)
  const toLine = (event: StorageEvent): Line | undefined => {
    if (!inNamespace(event.entry)) return undefined
    const change = selected(event, selector)
    return change && render(change.type, change.entry)
  }
  const bookmark = (annotations?: Record<string, string>) => {
    const version = storage.version()
    return () => `{"type":"BOOKMARK","object":${bookmarkText(type, representation, version, annotations)}}\n`
  }

  const backlog: Line[] = []
  if (sendInitial || from === 0) {
    for (const entry of storage.list(type, info.namespace || undefined)) {
      if (!selector || selector(entry.object)) backlog.push(render('ADDED', entry))
    }
    if (sendInitial) backlog.push(bookmark({ 'k8s.io/initial-events-end': 'true' }))
  } else {
    const missed = storage.since(type, from)
    if (!missed) return endWithError(call, expiredAt(from, storage.oldestVersion(type)))
    for (const event of missed) pushLine(backlog, toLine(event))
  }

  const stream = createStream(call, backlog)
  const live = (event: StorageEvent) => {
    if (event.version > from) stream.push(toLine(event))
  }
  const unsubscribe = storage.subscribe(type, live)
  const ticker = bookmarks ? setInterval(() => stream.push(bookmark()), bookmarkIntervalMs) : undefined
  const deadline = setTimeout(() => {
    if (bookmarks) stream.push(bookmark())
    stream.end()
  }, timeoutMs)
  const entry = { call, type, drop: stream.drop, stall: stream.stall }
  watches.add(entry)
  try {
    await stream.done
  } finally {
    watches.delete(entry)
    unsubscribe()
    clearInterval(ticker)
    clearTimeout(deadline)
    if (!response.destroyed) response.end()
  }
}

function pushLine(lines: Line[], line: Line | undefined): void {
  if (line) lines.push(line)
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

/** @throws StatusError 422 for combinations the real server refuses */
function checkInitialEvents(query: URLSearchParams, bookmarks: boolean): boolean {
  const refuse = (why: string) => invalid('ListOptions.meta.k8s.io', '', why)
  const match = query.get('resourceVersionMatch')
  if (!query.has('sendInitialEvents')) {
    if (match)
      throw refuse(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      )
    return false
  }
  if (match !== 'NotOlderThan') {
    throw refuse(
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  }
  if (query.get('sendInitialEvents') !== 'true') return false
  if (!bookmarks)
    throw refuse('allowWatchBookmarks: Forbidden: sendInitialEvents requires allowWatchBookmarks')
  return true
}

/** Clients wait for the headers before the first event, which may be long in coming. */
function sendHeaders(response: Call['response']): void {
  const flushing = response as { flushHeaders?: () => void }
  flushing.flushHeaders?.()
}

/** Writes lines in order with backpressure; `done` resolves when the client left or the stream ended. */
function createStream({ response }: Call, backlog: Line[]) {
  const { promise: done, resolve: finish } = Promise.withResolvers<void>()
  let queue = backlog
  let next = 0
  let [ending, stalled, pumping, gone] = [false, false, false, false]
  response.statusCode = 200
  response.setHeader('content-type', 'application/json')
  response.setHeader('cache-control', 'no-cache, private')
  sendHeaders(response)
  response.once('close', () => {
    gone = true
    finish()
  })

  async function pump(): Promise<void> {
    if (pumping) return
    pumping = true
    while (next < queue.length && !stalled && !gone) {
      const batch = queue.slice(next, next + 64).map((line) => line())
      next += batch.length
      if (!response.write(batch.join(''))) await writable(response)
    }
    if (next >= queue.length) {
      queue = []
      next = 0
    }
    pumping = false
    if (ending && queue.length === 0) finish()
  }
  void pump()
  return {
    done,
    push(line: Line | undefined): void {
      if (!line || gone) return
      queue.push(line)
      if (queue.length - next > queueLimit) finish()
      void pump()
    },
    end(): void {
      ending = true
      void pump()
    },
    drop(): void {
      finish()
    },
    stall(value: boolean): void {
      stalled = value
      void pump()
    },
  }
}
