/**
 * Objects of every resource under one resourceVersion counter, with a bounded history of events for
 * watches. A stored object is never changed in place, so a list taken from an instant stays true to it.
 */
import { randomUUID } from 'node:crypto'
import {
  type Collection,
  type Entry,
  type EventListener,
  emptyCollection,
  eventsSince,
  listEntries,
  remember,
  type StorageEvent,
} from './collection.ts'
import { at, type KubeObject } from './objects.ts'
import { groupVersionOf, type ResourceType, resourceOf, resourceTypes } from './resources.ts'

export type { Entry, StorageEvent } from './collection.ts'

export type Storage = ReturnType<typeof createStorage>

export type StorageOptions = {
  /** Events kept per resource for watches that start from an older version. */
  historyLimit?: number
  /** How long a read waits for a version that is yet to come. */
  versionWaitMs?: number
}

export function createStorage({ historyLimit = 20_000, versionWaitMs = 3000 }: StorageOptions = {}) {
  let version = 1
  const waiting = new Set<() => void>()
  const collections = new Map<ResourceType, Collection>()
  for (const type of resourceTypes) collections.set(type, emptyCollection())

  function collection(type: ResourceType): Collection {
    const found = collections.get(type)
    if (!found) throw new Error(`${type.resource} is not stored`)
    return found
  }

  function publish(type: ResourceType, event: StorageEvent): void {
    const into = collection(type)
    remember(into, event, historyLimit)
    for (const listener of into.listeners) listener(event, type)
    for (const wake of waiting) wake()
  }

  /** Creates or replaces, whatever is stored. Assigns resourceVersion, and uid and creationTimestamp if absent. */
  function put(type: ResourceType, object: KubeObject): Entry {
    const into = collection(type)
    const key = keyOf(object)
    const previous = into.entries.get(key)
    version += 1
    const entry = { key, version, object: stamped(type, object, version, previous) }
    into.entries.set(key, entry)
    if (!previous) into.added.push(key)
    const event = { type: previous ? ('MODIFIED' as const) : ('ADDED' as const), version, entry }
    publish(type, previous ? { ...event, previous } : event)
    return entry
  }

  function remove(type: ResourceType, key: string): Entry | undefined {
    const from = collection(type)
    const previous = from.entries.get(key)
    if (!previous) return undefined
    version += 1
    from.entries.delete(key)
    from.removed = true
    const entry = { key, version, object: withVersion(previous.object, version) }
    publish(type, { type: 'DELETED', version, entry, previous })
    return entry
  }

  return {
    put,
    remove,
    version: () => version,
    get: (type: ResourceType, key: string): Entry | undefined => collection(type).entries.get(key),
    count: (type: ResourceType): number => collection(type).entries.size,

    /** Entries in the byte order of their keys, optionally of one namespace only. */
    list: (type: ResourceType, namespace?: string): readonly Entry[] =>
      listEntries(collection(type), namespace),

    /** Events after a version, or undefined where history does not reach back so far. */
    since: (type: ResourceType, after: number) => eventsSince(collection(type), after),

    subscribe(type: ResourceType, listener: EventListener): () => void {
      collection(type).listeners.add(listener)
      return () => collection(type).listeners.delete(listener)
    },

    /** Forgets all events, so that a watch from any version before now is Gone. */
    expireHistory(): void {
      version += 1
      for (const each of collections.values()) Object.assign(each, { history: [], forgotten: version })
    },

    oldestVersion: (type: ResourceType): number => collection(type).forgotten,

    /** True once the counter has reached a version, false if it has not in time. */
    async reached(wanted: number): Promise<boolean> {
      if (version >= wanted) return true
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const wake = () => version >= wanted && resolve(true)
      const timer = setTimeout(() => resolve(version >= wanted), versionWaitMs)
      waiting.add(wake)
      return promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(wake)
      })
    },

    /** The sink for a model: objects as they are, under the next version. */
    apply: (object: KubeObject): void => void put(resourceOf(object), object),
    removeObject: (object: KubeObject): void => void remove(resourceOf(object), keyOf(object)),
  }
}

/** `namespace/name`, or `name` of a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  const { name, namespace } = object.metadata
  return namespace ? `${namespace}/${name}` : name
}

function stamped(type: ResourceType, object: KubeObject, version: number, previous?: Entry): KubeObject {
  const was = previous?.object.metadata
  const metadata = {
    ...object.metadata,
    uid: object.metadata.uid ?? was?.uid ?? randomUUID(),
    resourceVersion: String(version),
    creationTimestamp:
      object.metadata.creationTimestamp ??
      was?.creationTimestamp ??
      `${new Date().toISOString().slice(0, 19)}Z`,
  }
  return { ...object, kind: type.kind, apiVersion: groupVersionOf(type), metadata }
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}

/** Server-side field of an object, for selectors. */
export function fieldOf(object: KubeObject, path: readonly string[]): string {
  const value = at(object, ...path)
  return value === undefined || value === null ? '' : String(value)
}
