import type { Clock } from '../clock.ts'
import type { NodeRecord, RecordBody, Scrape } from '../record/record.ts'
import {
  aheadMs,
  fence,
  type Head,
  mayDelete,
  mostReasonLength,
  pageSize,
  retentionMs,
  wholeScrape,
} from './fence.ts'
import type { Change, CommitAnswer, Cursor, FailedTry, Freshness, SampleStore } from './store.ts'

export type MemoryStoreOptions = {
  clock: Clock
  /** W, milliseconds. */
  intervalMs: number
  /** What to add to the clock to get milliseconds since the epoch, e.g. `performance.timeOrigin` (the default). */
  originMs?: number
}

type Tombstone = { uid: string; createdMs: number; version: number }
type Entry = { record?: NodeRecord; tombstone?: Tombstone; expiresMs: number }

/** The store inside one process. */
export function createMemoryStore(options: MemoryStoreOptions): SampleStore {
  const { clock, intervalMs, originMs = performance.timeOrigin } = options
  const now = () => Math.floor(clock.mono() + originMs)
  const epoch = String(now())
  /** In order of expiry. */
  const entries = new Map<string, Entry>()
  /** Version by node, in order of version. */
  const feed = new Map<string, number>()
  /** In order of time, milliseconds. */
  const attempts = new Map<string, number>()
  /** In order of time. */
  const failed = new Map<string, FailedTry>()
  let lastVersion = 0

  function put(node: string, content: Pick<Entry, 'record' | 'tombstone'>) {
    moveToEnd(entries, node, { ...content, expiresMs: now() + retentionMs })
  }
  function publish(node: string): number {
    moveToEnd(feed, node, ++lastVersion)
    return lastVersion
  }
  function expire() {
    const nowMs = now()
    for (const [node, { expiresMs }] of entries) {
      if (expiresMs > nowMs) break
      entries.delete(node)
      feed.delete(node)
    }
    for (const [node, atMs] of attempts) {
      if (atMs + retentionMs > nowMs) break
      attempts.delete(node)
    }
    for (const [node, { atMs }] of failed) {
      if (atMs + retentionMs > nowMs) break
      failed.delete(node)
    }
  }
  function commit(given: Scrape, body: RecordBody | undefined, baseVersion: number): CommitAnswer {
    expire()
    const scrape = wholeScrape(given)
    const { node } = scrape
    const entry = entries.get(node)
    const hasBody = body !== undefined
    const verdict = fence({ stored: headOf(entry), scrape, baseVersion, hasBody, nowMs: now(), intervalMs })
    if (verdict.result === 'conflict') {
      return { result: 'conflict', stored: verdict.known ? entry?.record : undefined }
    }
    if (verdict.result === 'duplicate' || verdict.result === 'refused') return verdict
    moveToEnd(attempts, node, now())
    if (body) {
      const version = publish(node)
      put(node, { record: { ...scrape, body, version } })
      return { result: 'accepted', version }
    }
    if (entry?.record) put(node, { record: { ...entry.record, ...scrape } })
    return { result: 'unchanged' }
  }
  function hydrate(nodes: readonly string[]) {
    expire()
    const records = new Map<string, NodeRecord>()
    for (const node of nodes) {
      const record = entries.get(node)?.record
      if (record) records.set(node, record)
    }
    return records
  }
  function changes(cursor: Cursor | undefined, limit: number) {
    expire()
    const follows = cursor?.epoch === epoch && cursor.version <= lastVersion
    let version = follows ? cursor.version : 0
    const page: Change[] = []
    let more = false
    for (const [node, at] of feed) {
      if (at <= version) continue
      more = page.length === pageSize(limit)
      if (more) break
      const change = changeOf(node, entries.get(node))
      if (change) page.push(change)
      version = at
    }
    return { changes: page, cursor: { epoch, version }, more, restarted: cursor !== undefined && !follows }
  }
  function freshnessOf(node: string, record: Scrape | undefined): Freshness {
    const { atMs, by, tookMs } = record ?? { atMs: 0, by: '', tookMs: 0 }
    const triedMs = attempts.get(node)
    return triedMs === undefined ? { atMs, by, tookMs } : { atMs, by, tookMs, triedMs }
  }
  function freshness(nodes: readonly string[]) {
    expire()
    const found = new Map<string, Freshness>()
    for (const node of nodes) {
      const record = entries.get(node)?.record
      if (record || attempts.has(node)) found.set(node, freshnessOf(node, record))
    }
    return found
  }
  function overdue(ageMs: number, unseen: readonly string[]) {
    expire()
    const nowMs = now()
    const nodes = new Map<string, Freshness>()
    for (const [node, { record }] of entries) {
      const isOfFuture = record !== undefined && record.atMs > nowMs + aheadMs
      if (record && !isOfFuture && record.atMs > nowMs - ageMs) continue
      nodes.set(node, freshnessOf(node, isOfFuture ? undefined : record))
    }
    for (const node of unseen) if (!entries.has(node)) nodes.set(node, freshnessOf(node, undefined))
    return { epoch, nodes }
  }
  function remove(node: string, uid: string, createdMs: number) {
    expire()
    if (!mayDelete(headOf(entries.get(node)), { uid, createdMs })) return
    put(node, { tombstone: { uid, createdMs, version: publish(node) } })
    attempts.delete(node)
    failed.delete(node)
  }
  function tried(node: string, failure?: Pick<FailedTry, 'by' | 'reason'>) {
    moveToEnd(attempts, node, now())
    if (!failure) return
    const reason = failure.reason.slice(0, mostReasonLength)
    moveToEnd(failed, node, { atMs: now(), by: failure.by, reason })
  }
  function failures(nodes: readonly string[]) {
    expire()
    return new Map(
      nodes.flatMap((node) => {
        const last = failed.get(node)
        return last ? [[node, last] as const] : []
      }),
    )
  }

  return {
    commit: async (scrape, body, baseVersion) => commit(scrape, body, baseVersion),
    hydrate: async (nodes) => hydrate(nodes),
    changes: async (cursor, limit) => changes(cursor, limit),
    freshness: async (nodes) => freshness(nodes),
    overdue: async (ageMs, unseen) => overdue(ageMs, unseen),
    tried: async (node, failure) => tried(node, failure),
    failures: async (nodes) => failures(nodes),
    delete: async (node, uid, createdMs) => remove(node, uid, createdMs),
    time: async () => now(),
    close: async () => {},
  }
}

function headOf(entry: Entry | undefined): Head | undefined {
  if (entry?.tombstone) return { ...entry.tombstone, by: '', atMs: undefined, deleted: true }
  return entry?.record && { ...entry.record, deleted: false }
}

function changeOf(node: string, entry: Entry | undefined): Change | undefined {
  if (entry?.tombstone) return { kind: 'deleted', node, uid: entry.tombstone.uid }
  return entry?.record && { kind: 'record', record: entry.record }
}

function moveToEnd<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
}
