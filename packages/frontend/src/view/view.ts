import type { NodeRecord } from '@metrics-ring/common/record/record'
import type { Change } from '@metrics-ring/common/store/store'
import { type HeldRecord, newHeldRecord, writeOver } from './held-record.ts'
import type { NodeItem, PodItem } from './item.ts'
import { nodeUsage } from './node-usage.ts'
import type { NodeObject, PodObject } from './objects.ts'
import type { Selection } from './shelf.ts'
import type { Part, Render } from './slabs.ts'
import { createNodes, type NodeEntry } from './view-nodes.ts'
import { createPods, type PodEntry } from './view-pods.ts'

export type ViewDeps = {
  /** Usage older than this by the shared clock is not served, milliseconds. */
  maxAgeMs: number
  renderNode: Render<NodeItem>
  renderPod: Render<PodItem>
}

export type View = ReturnType<typeof createView>

/**
 * A sample that reaches the age bound as its node is scraped again is served until what that scrape brings can have come:
 * a container that restarts may have no usage of its own until the fourth interval. A shard that has just gained a node scrapes it
 * a second later than its owner did (at W = 15 s). Milliseconds.
 */
const onTheWayMs = 2_000

/** A record without a Node object is forgotten when its scrape is this old, milliseconds (the store's retention). */
const retentionMs = 10 * 60_000

/** As the fence of the store allows, milliseconds. */
const clockSlackMs = 1_000

/**
 * Everything that is served, in memory. Two streams feed it, in any order: records, and the metadata of Node and
 * Pod objects. Whatever arrives is judged at once, so that a read only collects, and renders what is read anew.
 *
 * A record stands while a Node object with its uid exists. Before and after that it is held but says nothing.
 */
export function createView({ maxAgeMs, renderNode, renderPod }: ViewDeps) {
  const servedMs = maxAgeMs + onTheWayMs
  const held = new Map<string, HeldRecord>()
  const nodes = createNodes(renderNode, servedMs)
  const pods = createPods(renderPod)

  function accept({ node, uid, atMs, body }: NodeRecord, nowMs: number) {
    const before = held.get(node)
    // After a failover the store may know less than we do: the later scrape stays. One that is yet to come is of
    // a clock that has been put back since.
    if (before?.uid === uid && atMs < before.atMs && before.atMs <= nowMs + clockSlackMs) return
    const entry = nodes.find(node)
    const usage = nodeUsage(body.numbers)
    const record = before ?? hold(node)
    if (usage || record.uid !== uid) record.usage = usage
    record.uid = uid
    record.atMs = atMs
    record.live = entry?.uid === uid
    writeOver(record, body, pods, servedMs)
    if (entry) nodes.judge(entry, record.live ? record.usage : undefined)
  }
  function hold(node: string) {
    const record = newHeldRecord(node)
    held.set(node, record)
    return record
  }
  function drop(record: HeldRecord) {
    held.delete(record.node)
    for (const pod of record.pods) pods.unclaim(pod, record)
    const entry = nodes.find(record.node)
    if (entry) nodes.judge(entry, undefined)
  }
  /** The node's record begins or ceases to stand. */
  function enliven(record: HeldRecord | undefined, uid: string | undefined) {
    if (!record || record.live === (record.uid === uid)) return
    record.live = record.uid === uid
    for (const pod of record.pods) pods.judge(pod)
  }
  function removeNode(name: string) {
    nodes.remove(name)
    enliven(held.get(name), undefined)
  }

  return {
    /** `nowMs`: the shared clock. */
    apply(change: Change, nowMs = Number.POSITIVE_INFINITY) {
      if (change.kind === 'record') return accept(change.record, nowMs)
      const record = held.get(change.node)
      if (record?.uid === change.uid) drop(record)
    },
    upsertNode(object: NodeObject) {
      const record = held.get(object.name)
      enliven(record, object.uid)
      nodes.upsert(object, record?.live ? record.usage : undefined)
    },
    removeNode,
    listingNodes: nodes.listing,
    listedNodes() {
      for (const name of nodes.unlisted()) removeNode(name)
    },
    upsertPod: (object: PodObject) => pods.upsert(object),
    removePod: pods.remove,
    listingPods: pods.listing,
    listedPods: pods.listed,

    /** What is served of the entry, rendered; undefined: nothing. */
    kept: (entry: NodeEntry | PodEntry, part: Part) =>
      'namespace' in entry ? pods.kept(entry, part) : nodes.kept(entry, part),
    findNode: nodes.find,
    findPod: pods.find,
    selectNodes: (selection: Selection) => nodes.select(selection),
    selectPods: (namespace: string | undefined, selection: Selection) => pods.select(namespace, selection),

    /** Forgets records of nodes that are gone and that the store has forgotten too. */
    sweep(nowMs: number) {
      for (const record of [...held.values()]) {
        if (!record.live && record.atMs + retentionMs < nowMs) drop(record)
      }
    },
    nodeCount: nodes.size,
    /** Of all known nodes, the part of which a sample is served; 1 where no node is known. */
    coverage(nowMs: number): number {
      return nodes.size() === 0 ? 1 : nodes.served(nowMs) / nodes.size()
    },
    /** Candidates beside the first of their pod: records that name a pod which another record names too. */
    losers: () => pods.count.losers,
  }
}
