import type { PodNames } from '@metrics-ring/common/record/pod-names'
import { type RecordBody, stride } from '@metrics-ring/common/record/record'
import type { NodeUsage } from './node-usage.ts'
import { type Candidate, restate, roomOf, type Source } from './pod-rules.ts'
import type { PodEntry, Pods } from './view-pods.ts'

/** What the view keeps of a node's record. */
export type HeldRecord = { -readonly [K in keyof Source]: Source[K] } & {
  uid: string
  usage: NodeUsage | undefined
  /** In the record's order. */
  pods: PodEntry[]
  /** What it says of each of them. */
  said: Candidate[]
  /** Of all pods, one after the other: see `Candidate`. */
  numbers: Float64Array
}

export function newHeldRecord(node: string): HeldRecord {
  const numbers = new Float64Array(0)
  return { node, atMs: 0, live: false, uid: '', usage: undefined, pods: [], said: [], numbers }
}

/**
 * Writes what the node's next record says of its pods over what the last one said. Most name the same pods, so that numbers
 * change and nothing else: what is made anew for each record lives just long enough to be collected with the whole heap.
 * @param servedMs how long after its scrape a usage is served.
 */
export function writeOver(record: HeldRecord, body: RecordBody, pods: Pods, servedMs: number): void {
  if (!namesTheSame(record, body.pods)) rearrange(record, body.pods, pods)
  const { pods: entries, said, numbers } = record
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

/** It holds these pods, in this order, with room for as many containers each. */
function namesTheSame({ pods, said }: HeldRecord, named: readonly PodNames[]): boolean {
  if (pods.length !== named.length) return false
  for (let index = 0; index < named.length; index++) {
    const { namespace, name, containers } = named[index] as PodNames
    const entry = pods[index] as PodEntry
    const isSame = entry.name === name && entry.namespace === namespace
    if (!isSame || (said[index] as Candidate).names.length !== containers.length) return false
  }
  return true
}

/** Claims the pods that it names now, and no longer those that it named before only. */
function rearrange(record: HeldRecord, named: readonly PodNames[], pods: Pods): void {
  const before = record.pods
  record.pods = named.map(({ namespace, name }) => pods.entryOf(namespace, name))
  record.said = record.pods.map((entry) => pods.claim(entry, record))
  record.numbers = new Float64Array(named.reduce((sum, { containers }) => sum + roomOf(containers.length), 0))
  const still = new Set(record.pods)
  for (const entry of before) if (!still.has(entry)) pods.unclaim(entry, record)
}
