import type { NodeItem } from './item.ts'
import { type NodeUsage, sameUsage } from './node-usage.ts'
import type { NodeObject } from './objects.ts'
import {
  createShelf,
  type Entry,
  isServed,
  moveKept,
  putOn,
  type Selection,
  select,
  takeOff,
} from './shelf.ts'
import { createSlabs, type Render } from './slabs.ts'

export interface NodeEntry extends Entry<NodeEntry> {
  /** Of the Node object; undefined: none is known. */
  uid: string | undefined
  served: NodeUsage | undefined
}

export type Nodes = ReturnType<typeof createNodes>

/** All nodes that have a Node object. */
export function createNodes(render: Render<NodeItem>, servedMs: number) {
  const shelf = createShelf<NodeEntry>()
  const slabs = createSlabs()
  /** Not in the full list that is under way, so far. */
  let unlisted = new Set<string>()

  /** Serves what the node's record says of the node itself; undefined: nothing, or it has no record. */
  function judge(entry: NodeEntry, usage: NodeUsage | undefined, labelsChanged = false) {
    if (!usage || !entry.group) return blank(entry)
    if (labelsChanged || !entry.served || !sameUsage(entry.served, usage)) {
      const { name, group } = entry
      const item = { name, labels: group.labels, ...usage.item }
      entry.json = slabs.keep(render(item, 'json'))
      entry.protobuf = slabs.keep(render(item, 'protobuf'))
    } else moveKept(entry, slabs)
    entry.served = usage
    entry.expiresMs = usage.atMs + servedMs
  }

  return {
    judge,
    upsert({ name, uid, labels }: NodeObject, usage: NodeUsage | undefined) {
      const entry = shelf.byName.get(name) ?? putOn(shelf, newEntry(name))
      entry.uid = uid
      unlisted.delete(name)
      judge(entry, usage, shelf.groups.join(entry, labels))
    },
    remove(name: string) {
      const entry = shelf.byName.get(name)
      if (!entry) return
      takeOff(shelf, entry)
      blank(entry)
    },
    /** A full list of Node objects begins. */
    listing() {
      unlisted = new Set(shelf.byName.keys())
    },
    /** What was not upserted since it began. */
    unlisted: () => unlisted,
    find: (name: string) => shelf.byName.get(name),
    /** In order of name. */
    select: (selection: Selection) => [select(shelf, selection)],
    size: () => shelf.byName.size,
    /** How many of them are served. */
    served(nowMs: number): number {
      let served = 0
      for (const entry of shelf.byName.values()) if (isServed(entry, nowMs)) served++
      return served
    },
  }
}

function newEntry(name: string): NodeEntry {
  return {
    name,
    group: undefined,
    place: 0,
    json: undefined,
    protobuf: undefined,
    expiresMs: 0,
    uid: undefined,
    served: undefined,
  }
}

function blank(entry: NodeEntry) {
  entry.json = undefined
  entry.protobuf = undefined
  entry.served = undefined
  entry.expiresMs = 0
}
