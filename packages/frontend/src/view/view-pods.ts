import type { Group } from './groups.ts'
import type { PodItem } from './item.ts'
import type { PodObject } from './objects.ts'
import { createOrder } from './order.ts'
import { type Candidate, choose, expiresMsOf, newCandidate, podItem, type Source } from './pod-rules.ts'
import { createRenderings } from './renderings.ts'
import { createShelf, type Entry, putOn, type Selection, type Shelf, select, takeOff } from './shelf.ts'
import type { Render } from './slabs.ts'
import { eachInTurns } from './turns.ts'

export interface PodEntry extends Entry<PodEntry, Candidate> {
  readonly namespace: string
  /** creationTimestamp of the Pod object, milliseconds since the epoch. */
  createdMs: number
  /** Which full list of Pod objects was the last begun when its object came last. */
  list: number
  /** One of each record that names the pod. */
  candidates: Candidate[]
}

type Namespace = { readonly name: string; shelf: Shelf<PodEntry> }

export type Pods = ReturnType<typeof createPods>

/** All pods that an object or a record names. A pod has an entry while either does. */
export function createPods(render: Render<PodItem>) {
  const namespaces = new Map<string, Namespace>()
  const order = createOrder<Namespace>()
  const renderings = createRenderings<Candidate, PodEntry>(({ namespace, name, group, served }, part) => {
    return group && served && render(podItem(namespace, name, group.labels, served), part)
  })
  const count = { losers: 0 }
  /** How many full lists of Pod objects have begun. */
  let lists = 0

  function homeOf(namespace: string): Namespace {
    const known = namespaces.get(namespace)
    if (known) return known
    const home = { name: namespace, shelf: createShelf<PodEntry>() }
    namespaces.set(namespace, home)
    order.add(home)
    return home
  }
  function entryIn({ name: namespace, shelf }: Namespace, name: string): PodEntry {
    return shelf.names.get(name) ?? putOn(shelf, newEntry(namespace, name))
  }
  function discardIfEmpty(entry: PodEntry) {
    if (entry.group || entry.candidates.length > 0) return
    const home = namespaces.get(entry.namespace)
    if (!home) return
    takeOff(home.shelf, entry)
    if (home.shelf.names.size() > 0) return
    namespaces.delete(home.name)
    order.remove(home)
  }
  /** Decides anew what is served. `changed`: what is served, or the labels, would be rendered otherwise. */
  function judge(entry: PodEntry, changed = false) {
    const winner = entry.group && choose(entry.candidates, entry.createdMs)
    if (!winner || expiresMsOf(winner) === 0) return renderings.cease(entry)
    renderings.serve(entry, winner, expiresMsOf(winner), !changed && entry.served === winner)
  }
  function forget(entry: PodEntry) {
    namespaces.get(entry.namespace)?.shelf.groups.leave(entry)
    judge(entry)
    discardIfEmpty(entry)
  }

  return {
    count,
    judge,
    kept: renderings.kept,
    entryOf: (namespace: string, name: string) => entryIn(homeOf(namespace), name),
    /** What the record says of the pod: nothing yet, where it did not name it before. */
    claim(entry: PodEntry, source: Source): Candidate {
      const { candidates } = entry
      const known = candidates.find((candidate) => candidate.source === source)
      if (known) return known
      const candidate = newCandidate(source)
      // Made to measure: an array that grows takes room for seventeen.
      entry.candidates = candidates.length === 0 ? [candidate] : [...candidates, candidate]
      if (candidates.length > 0) count.losers++
      return candidate
    },
    /** The record says something of the pod again. */
    restated(entry: PodEntry, candidate: Candidate, differs: boolean) {
      judge(entry, differs && entry.served === candidate)
    },
    /** The record no longer names the pod. */
    unclaim(entry: PodEntry, source: Source) {
      const at = entry.candidates.findIndex((candidate) => candidate.source === source)
      if (at < 0) return
      if (entry.candidates.length > 1) count.losers--
      entry.candidates = entry.candidates.toSpliced(at, 1)
      judge(entry)
      discardIfEmpty(entry)
    },
    upsert({ namespace, name, createdMs, labels }: PodObject) {
      const home = homeOf(namespace)
      const entry = entryIn(home, name)
      entry.list = lists
      entry.createdMs = createdMs
      judge(entry, home.shelf.groups.join(entry, labels))
    },
    remove(namespace: string, name: string) {
      const entry = namespaces.get(namespace)?.shelf.names.get(name)
      if (entry) forget(entry)
    },
    /** A full list of Pod objects begins. */
    listing() {
      lists++
    },
    /** Forgets, in turns, the objects that were not upserted since it began. */
    async listed() {
      const ended = lists
      const all = [...namespaces.values()].flatMap(({ shelf }) => shelf.names.all())
      await eachInTurns(all, (entry) => {
        if (entry.group && entry.list < ended) forget(entry)
      })
    },
    find: (namespace: string, name: string) => namespaces.get(namespace)?.shelf.names.get(name),
    /** By namespace, then name; one array a namespace. */
    select(namespace: string | undefined, selection: Selection): (readonly PodEntry[])[] {
      const homes = namespace === undefined ? order.all() : namespaces.get(namespace)
      if (!homes) return []
      return ('shelf' in homes ? [homes] : homes).map(({ shelf }) => select(shelf, selection))
    },
  }
}

/** Shared: never written to. */
const noCandidates: Candidate[] = []

function newEntry(namespace: string, name: string): PodEntry {
  return {
    name,
    namespace,
    group: undefined as Group<PodEntry> | undefined,
    place: 0,
    json: undefined,
    protobuf: undefined,
    asked: 0,
    expiresMs: 0,
    createdMs: 0,
    list: 0,
    candidates: noCandidates,
    served: undefined,
  }
}
