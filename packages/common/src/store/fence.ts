import type { Scrape } from '../record/record.ts'

/** How long the store keeps a record, a tombstone or an attempt after its last commit, milliseconds. */
export const retentionMs = 600_000
/** Most records of one page of `changes`. */
export const pageLimit = 256
/** Most characters kept of why a scrape failed. */
export const mostReasonLength = 200
/** How far ahead of the store's clock a scrape may say it was sent, milliseconds. */
export const aheadMs = 1_000

/** What the fence looks at of what is stored for a node. A tombstone has no `atMs`. */
export type Head = {
  uid: string
  createdMs: number
  version: number
  by: string
  atMs: number | undefined
  deleted: boolean
}

export type Verdict =
  | { result: 'accepted' }
  | { result: 'unchanged' }
  | { result: 'duplicate'; by: string; atMs: number }
  | { result: 'refused'; reason: 'clock' | 'uid' }
  /** `known`: what is stored is of this Node and worth computing from. */
  | { result: 'conflict'; known: boolean }

export type FenceInput = {
  stored: Head | undefined
  scrape: Scrape
  baseVersion: number
  hasBody: boolean
  nowMs: number
  intervalMs: number
}

/** The rules of ring.md section 5, in their order; `redis/commit.lua` says the same in Lua. */
export function fence({ stored, scrape, baseVersion, hasBody, nowMs, intervalMs }: FenceInput): Verdict {
  const onTime = scrape.atMs >= nowMs - 4 * intervalMs && scrape.atMs <= nowMs + aheadMs
  if (!onTime) return { result: 'refused', reason: 'clock' }
  if (stored && isOfLaterNode(stored, scrape)) return { result: 'refused', reason: 'uid' }
  const own = stored?.uid === scrape.uid ? stored : undefined
  const atMs = own?.atMs
  // Further in the future than a scrape may be, a stored `at` is of another clock (a failover): it orders nothing.
  if (own && atMs !== undefined && atMs <= nowMs + aheadMs && scrape.atMs - atMs < intervalMs / 3) {
    return { result: 'duplicate', by: own.by, atMs }
  }
  const version = own?.version ?? 0
  // Without a body there must be a record to refresh.
  if (version !== baseVersion || (!hasBody && version === 0)) {
    return { result: 'conflict', known: version > 0 }
  }
  return { result: hasBody ? 'accepted' : 'unchanged' }
}

/** Whether the stored Node is deleted, or the later of two Nodes of this name (a tie goes to the stored one). */
function isOfLaterNode(stored: Head, node: { uid: string; createdMs: number }): boolean {
  return stored.uid === node.uid ? stored.deleted : stored.createdMs >= node.createdMs
}

/** Whether deleting the Node changes anything: not twice, and not when a later Node took the name. */
export function mayDelete(stored: Head | undefined, node: { uid: string; createdMs: number }): boolean {
  return !stored || !isOfLaterNode(stored, node)
}

/** The scrape in whole milliseconds, as it is stored. */
export function wholeScrape(scrape: Scrape): Scrape {
  const { node, uid, createdMs, atMs, by, tookMs } = scrape
  return {
    node,
    uid,
    createdMs: Math.round(createdMs),
    atMs: Math.round(atMs),
    by,
    tookMs: Math.round(tookMs),
  }
}

/** A page size that keeps a reply short, whatever was asked for. */
export function pageSize(limit: number): number {
  return Math.max(1, Math.min(pageLimit, Math.floor(limit) || 1))
}
