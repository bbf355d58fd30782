import type { NodeItem } from './item.ts'
import { type NodeUsage, sameUsage } from './node-usage.ts'
import type { NodeObject } from './objects.ts'
import { createRenderings } from './renderings.ts'
import { createShelf, type Entry, isServed, putOn, type Selection, select, takeOff } from './shelf.ts'
import type { Render } from './slabs.ts'

export interface NodeEntry extends Entry<NodeEntry, NodeUsage> {
  /** Of the Node object; undefined: none is known. */
  uid: string | undefined
}

export type Nodes = ReturnType<typeof createNodes>

/** All nodes that have a Node object. */
export function createNodes(render: Render<NodeItem>, servedMs: number) {
  const shelf = createShelf<NodeEntry>()
  const renderings = createRenderings<NodeUsage, NodeEntry>(({ name, group, served }, part) => {
    return group && served && render({ name, labels: group.labels, ...served.item }, part)
  })
  /** Not in the full list that is under way, so far. */
  let unlisted = new Set<string>()

  /** Serves what the node's record says of the node itself; undefined: nothing, or it has no record. */
  function judge(entry: NodeEntry, usage: NodeUsage | undefined, labelsChanged = false) {
    if (!usage || !entry.group) return renderings.cease(entry)
    const isSame = !labelsChanged && entry.served !== undefined && sameUsage(entry.served, usage)
    renderings.serve(entry, usage, usage.atMs + servedMs, isSame)
  }

  return {
    judge,
    kept: renderings.kept,
    upsert({ name, uid, labels }: NodeObject, usage: NodeUsage | undefined) {
      const entry = shelf.names.get(name) ?? putOn(shelf, newEntry(name))
      entry.uid = uid
      unlisted.delete(name)
      judge(entry, usage, shelf.groups.join(entry, labels))
    },
    remove(name: string) {
      const entry = shelf.names.get(name)
      if (!entry) return
      takeOff(shelf, entry)
      renderings.cease(entry)
    },
    /** A full list of Node objects begins. */
    listing() {
      unlisted = new Set(shelf.names.all().map(({ name }) => name))
    },
    /** What was not upserted since it began. */
    unlisted: () => unlisted,
    find: (name: string) => shelf.names.get(name),
    /** In order of name. */
    select: (selection: Selection) => [select(shelf, selection)],
    size: () => shelf.names.size(),
    /** How many of them are served. */
    served(nowMs: number): number {
      let served = 0
      for (const entry of shelf.order.all()) if (isServed(entry, nowMs)) served++
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
    asked: 0,
    expiresMs: 0,
    uid: undefined,
    served: undefined,
  }
}
