import { type NodeRecord, type RecordBody, stride } from '@metrics-ring/common/record/record'
import { containerCount, type PodNames } from '@metrics-ring/common/record/sample-pack'
import type { Change } from '@metrics-ring/common/store/store'
import type { NodeItem, PodItem } from './item.ts'
import { type NodeUsage, nodeUsage } from './node-usage.ts'
import type { NodeObject, PodObject } from './objects.ts'
import { type Candidate, restate, roomOf, type Source } from './pod-rules.ts'
import { isServed, type Selection } from './shelf.ts'
import type { Rendered } from './slabs.ts'
import { createNodes, type NodeEntry } from './view-nodes.ts'
import { createPods, type PodEntry } from './view-pods.ts'

export type ViewDeps = {
  /** Usage older than this by the shared clock is not served, milliseconds. */
  maxAgeMs: number
  renderNode: (item: NodeItem) => Rendered
  renderPod: (item: PodItem) => Rendered
}

export type View = ReturnType<typeof createView>

/** What is kept of a node's record. Each record of the node is written over the one before: most name the same pods. */
type Held = {
  -readonly [K in keyof Source]: Source[K]
} & {
  uid: string
  usage: NodeUsage | undefined
  /** In the record's order, as long as `said`. */
  pods: PodEntry[]
  /** What it says of each pod. */
  said: Candidate[]
  /** Of all pods, one after the other: see `Candidate`. */
  numbers: Float64Array
}

/**
 * A sample that reaches the age bound as its node is scraped again is served until what that scrape brings can have come:
 * a container that restarts may have no usage of its own until the fourth interval. Milliseconds.
 */
const onTheWayMs = 750

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
  const held = new Map<string, Held>()
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
    if (!names(record, body.pods)) rearrange(record, body.pods)
    restateAll(record, body)
    if (entry) nodes.judge(entry, record.live ? record.usage : undefined)
  }
  function hold(node: string): Held {
    const record: Held = {
      ...{ node, atMs: 0, live: false, uid: '', usage: undefined },
      ...{ pods: [], said: [], numbers: new Float64Array(0) },
    }
    held.set(node, record)
    return record
  }
  /** Claims the pods that the record names now, and no longer those that it named before only. */
  function rearrange(record: Held, named: readonly PodNames[]) {
    const before = record.pods
    record.pods = named.map(({ namespace, name }) => pods.entryOf(namespace, name))
    record.said = record.pods.map((entry) => pods.claim(entry, record))
    record.numbers = new Float64Array(
      roomOf(0) * named.length + (roomOf(1) - roomOf(0)) * containerCount(named),
    )
    const still = new Set(record.pods)
    for (const entry of before) if (!still.has(entry)) pods.unclaim(entry, record)
  }
  function restateAll({ pods: entries, said, numbers }: Held, body: RecordBody) {
    let from = stride
    let at = 0
    for (let index = 0; index < entries.length; index++) {
      const { containers } = body.pods[index] as PodNames
      const candidate = said[index] as Candidate
      const differs = restate(candidate, { containers, numbers: body.numbers, from }, servedMs, numbers, at)
      pods.restated(entries[index] as PodEntry, candidate, differs)
      from += stride * containers.length
      at += roomOf(containers.length)
    }
  }
  function drop(record: Held) {
    held.delete(record.node)
    for (const pod of record.pods) pods.unclaim(pod, record)
    const entry = nodes.find(record.node)
    if (entry) nodes.judge(entry, undefined)
  }
  /** The node's record begins or ceases to stand. */
  function enliven(record: Held | undefined, uid: string | undefined) {
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
    retainNodes(has: (name: string) => boolean) {
      for (const name of nodes.names()) if (!has(name)) removeNode(name)
    },
    upsertPod: (object: PodObject) => pods.upsert(object),
    removePod: pods.remove,
    retainPods: pods.retain,

    /** What is served of the entry, rendered; undefined: nothing. */
    kept: (entry: NodeEntry | PodEntry) => ('namespace' in entry ? pods.kept(entry) : entry.kept),
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
      const all = nodes.select({}).flat()
      if (nodes.size() === 0) return 1
      return all.filter((entry) => isServed(entry, nowMs)).length / nodes.size()
    },
    /** Candidates beside the first of their pod: records that name a pod which another record names too. */
    losers: () => pods.count.losers,
  }
}

/** The record holds these pods, in this order, with room for as many containers each. */
function names({ pods, said }: Held, named: readonly PodNames[]): boolean {
  if (pods.length !== named.length) return false
  for (let index = 0; index < named.length; index++) {
    const { namespace, name, containers } = named[index] as PodNames
    const entry = pods[index] as PodEntry
    const isSame = entry.name === name && entry.namespace === namespace
    if (!isSame || (said[index] as Candidate).names.length !== containers.length) return false
  }
  return true
}
