import { setImmediate } from 'node:timers/promises'
import { type Clock, type Stop, sleep } from '../clock.ts'
import { CodedError, errorText } from '../errors.ts'
import type { Log } from '../log.ts'
import type { KubeClient } from './kube.ts'
import { readPartialList } from './partial-list.ts'
import { splitLines } from './split-lines.ts'

/** The part of a Kubernetes object that every list/watch needs. */
export type KubeObject = {
  metadata: { name: string; namespace?: string; resourceVersion?: string } & Record<string, unknown>
} & Record<string, unknown>

/** Where what is listed and watched goes. Objects are handed over, not kept here. */
export type ReflectorHandler<T extends KubeObject> = {
  upsert(object: T): void
  remove(namespace: string, name: string): void
  /** A full list begins: what is there will be handed over again. */
  listing(): void
  /** The list is complete: what was not handed over since it began is gone. */
  listed(): void
}

export type ReflectorOptions<T extends KubeObject> = {
  client: KubeClient
  clock: Clock
  log: Log
  /** For instance `/api/v1/pods`. */
  path: string
  /** Selectors and the like, sent with list and watch. */
  query?: Record<string, string>
  /** Accept of the list and of the watch (PartialObjectMetadata has one for each); a list may be `partialListAccept`. */
  accept?: { list: string; watch: string }
  handler: ReflectorHandler<T>
}

export type Reflector = {
  start(): Stop
  /** A full list has been handed over at least once. */
  synced(): boolean
}

/** Objects a page of the initial list: bounds what is in memory at once. */
const pageSize = 500
/** Objects handed over at a time: parsing a page holds the event loop long enough. */
const turnSize = 64
/** The server ends a watch after this long; asked for, so that a dead watch cannot last. Seconds. */
const watchSeconds = 290
/** A watch that has said nothing for this long (bookmarks come every minute) is taken for dead, milliseconds. */
const silentMs = 100_000
const leastWatchMs = 1_000
/** At most so long after an outage a new pod or node is still unknown. */
const backoffMs = { first: 500, most: 5_000 }

/**
 * Keeps a handler up to date with a collection of the API server: a paged list, then a watch from there;
 * a new list when the server no longer knows our resourceVersion (410). Never gives up; one log line per change.
 */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector {
  const { clock, log, path } = options
  let synced = false
  let failing = false
  const abort = new AbortController()

  async function run() {
    let version: string | undefined
    let waitMs = backoffMs.first
    while (!abort.signal.aborted) {
      try {
        version ??= await listAll(options, abort.signal)
        synced = true
        const openedMs = clock.mono()
        version = await watchFrom(options, version, recovered, abort.signal)
        waitMs = backoffMs.first
        // A server that ends every watch at once must not make us spin.
        await sleep(clock, Math.max(0, openedMs + leastWatchMs - clock.mono()), abort.signal)
      } catch (error) {
        if (abort.signal.aborted) return
        // Whatever went wrong, a fresh list is right only if the server said so or none was complete yet.
        if (isGone(error)) version = undefined
        failed(error)
        await sleep(clock, waitMs * (0.8 + 0.4 * Math.random()), abort.signal)
        waitMs = Math.min(waitMs * 2, backoffMs.most)
      }
    }
  }
  function failed(error: unknown) {
    if (failing || isGone(error)) return
    failing = true
    log.warn({ path, error: errorText(error) }, `cannot follow ${path}; retrying`)
  }
  function recovered() {
    if (failing) log.info({ path }, `following ${path} again`)
    failing = false
  }
  return {
    start() {
      void run()
      return () => abort.abort()
    },
    synced: () => synced,
  }
}

/**
 * Hands over every object, page by page; returns the resourceVersion to watch from. A page is on its way while the
 * one before it is handed over: on a large cluster the list is most of a frontend's start.
 */
async function listAll<T extends KubeObject>(
  options: ReflectorOptions<T>,
  signal: AbortSignal,
): Promise<string> {
  options.handler.listing()
  let coming: Promise<Page<T>> | undefined = getPage<T>(options, '', signal)
  let version = ''
  while (coming) {
    const page: Page<T> = await coming
    const token = page.metadata?.continue
    coming = token ? getPage<T>(options, token, signal) : undefined
    // Should handing over fail, nobody waits for the page to come any more.
    coming?.catch(() => {})
    for (const [index, object] of (page.items ?? []).entries()) {
      if (index > 0 && index % turnSize === 0) await setImmediate()
      options.handler.upsert(object)
    }
    version = page.metadata?.resourceVersion ?? ''
  }
  options.handler.listed()
  return version
}

type Page<T> = { items?: T[]; metadata?: { resourceVersion?: string; continue?: string } }

async function getPage<T>(options: ReflectorOptions<T & KubeObject>, token: string, signal: AbortSignal) {
  const query = new URLSearchParams({ ...options.query, limit: String(pageSize) })
  if (token) query.set('continue', token)
  const answer = await options.client.request('GET', `${options.path}?${query}`, {
    signal,
    timeoutMs: 60_000,
    ...(options.accept ? { accept: options.accept.list } : {}),
  })
  if (answer.status !== 200) throw statusError(answer.status, answer.body)
  const { body } = answer
  return (Buffer.isBuffer(body) ? readPartialList(body) : body) as Page<T>
}

type WatchEvent = { type: string; object: KubeObject & { code?: number; message?: string } }

/** Follows until the server ends the watch; returns the resourceVersion to go on from. */
async function watchFrom<T extends KubeObject>(
  options: ReflectorOptions<T>,
  from: string,
  onOpen: () => void,
  signal: AbortSignal,
): Promise<string> {
  const query = new URLSearchParams({
    ...options.query,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: from,
    timeoutSeconds: String(watchSeconds),
  })
  const watchdog = createWatchdog(options.clock, signal)
  let version = from
  try {
    const stream = await options.client.stream(`${options.path}?${query}`, {
      signal: watchdog.signal,
      ...(options.accept ? { accept: options.accept.watch } : {}),
    })
    if (!stream.chunks) throw statusError(stream.status, stream.body)
    onOpen()
    for await (const line of splitLines(stream.chunks)) {
      watchdog.fed()
      version = handle(options.handler, JSON.parse(line) as WatchEvent) ?? version
    }
    return version
  } catch (error) {
    // What was handed over stays handed over: go on from there, whatever broke the stream.
    if (version !== from && !isGone(error) && !signal.aborted) return version
    throw error
  } finally {
    watchdog.stop()
  }
}

/** Returns the resourceVersion the event brought us to. */
function handle<T extends KubeObject>(handler: ReflectorHandler<T>, event: WatchEvent): string | undefined {
  const { object } = event
  if (event.type === 'ERROR') throw statusError(object.code ?? 500, object)
  if (event.type === 'ADDED' || event.type === 'MODIFIED') handler.upsert(object as T)
  if (event.type === 'DELETED') handler.remove(object.metadata.namespace ?? '', object.metadata.name)
  return object.metadata.resourceVersion
}

/** Aborts its signal when it was not fed for `silentMs`. */
function createWatchdog(clock: Clock, outer: AbortSignal) {
  const abort = new AbortController()
  let cancel: Stop = () => {}
  const fed = () => {
    cancel()
    cancel = clock.after(silentMs, () =>
      abort.abort(new CodedError('watch_silent', `the watch said nothing for ${silentMs / 1000} s`)),
    )
  }
  fed()
  return { signal: AbortSignal.any([outer, abort.signal]), fed, stop: () => cancel() }
}

function statusError(status: number, body: unknown): CodedError {
  const message = (body as { message?: string } | undefined)?.message ?? ''
  return new CodedError(`kube_${status}`, `the API server answered ${status}${message ? `: ${message}` : ''}`)
}

function isGone(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'kube_410'
}
