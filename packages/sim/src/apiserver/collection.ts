/** The objects of one resource, their sorted keys and their recent events. */
import type { KubeObject } from './objects.ts'
import type { ResourceType } from './resources.ts'

/** One version of one object; its serialized forms are filled in when first asked for. */
export type Entry = {
  readonly key: string
  readonly object: KubeObject
  readonly version: number
  metadataText?: string
  restText?: string
  partialBytes?: Buffer
}

/** `entry` of a DELETED event is the last state under the version of the deletion. */
export type StorageEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly version: number
  readonly entry: Entry
  readonly previous?: Entry
}

export type EventListener = (event: StorageEvent, type: ResourceType) => void

export type Collection = {
  entries: Map<string, Entry>
  keys: string[]
  /** By their keys; undefined since the last change. Lists ask again and again, and nodes and pods seldom change. */
  sorted: readonly Entry[] | undefined
  added: string[]
  removed: boolean
  history: StorageEvent[]
  /** Versions up to this one can no longer be watched from. */
  forgotten: number
  listeners: Set<EventListener>
}

export function emptyCollection(): Collection {
  return {
    entries: new Map(),
    keys: [],
    sorted: undefined,
    added: [],
    removed: false,
    history: [],
    forgotten: 0,
    listeners: new Set(),
  }
}

/** Entries in the byte order of their keys, optionally of one namespace only. */
export function listEntries(from: Collection, namespace?: string): readonly Entry[] {
  const keys = sortedKeys(from)
  from.sorted ??= keys.map((key) => from.entries.get(key)).filter((entry) => entry !== undefined)
  return namespace === undefined ? from.sorted : from.sorted.slice(...rangeOf(keys, `${namespace}/`))
}

/** Events after a version, or undefined where history does not reach back so far. */
export function eventsSince({ history, forgotten }: Collection, after: number): StorageEvent[] | undefined {
  if (after < forgotten) return undefined
  let first = history.length
  while (first > 0 && (history[first - 1]?.version ?? 0) > after) first -= 1
  return history.slice(first)
}

/** Adds an event, after which entries are sorted anew, and forgets the oldest in batches once there are more than the limit. */
export function remember(into: Collection, event: StorageEvent, limit: number): void {
  into.sorted = undefined
  into.history.push(event)
  if (into.history.length <= limit * 1.25) return
  const dropped = into.history.splice(0, into.history.length - limit)
  into.forgotten = dropped.at(-1)?.version ?? into.forgotten
}

function sortedKeys(from: Collection): string[] {
  if (from.removed || from.added.length > 0) {
    const kept = from.removed ? from.keys.filter((key) => from.entries.has(key)) : from.keys
    const known = new Set(from.removed ? kept : [])
    const fresh = from.removed
      ? from.added.filter((key) => !known.has(key) && from.entries.has(key))
      : from.added
    from.keys = [...kept, ...new Set(fresh)].sort()
    from.added = []
    from.removed = false
  }
  return from.keys
}

function rangeOf(keys: readonly string[], prefix: string): [start: number, end: number] {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? '') < prefix) low = middle + 1
    else high = middle
  }
  let end = low
  while (end < keys.length && keys[end]?.startsWith(prefix)) end += 1
  return [low, end]
}
