import type { NodeRecord, RecordBody, Scrape } from '../record/record.ts'

/**
 * The answer of the fence to a commit.
 * - `accepted`: stored under the new version.
 * - `unchanged`: `at`, `by`, `took` and `tried` were refreshed; version, usage and points stay.
 * - `duplicate`: another scrape of this node was sent less than W/3 before (or after) this one.
 * - `refused`: `clock` = `at` is outside [now − 4W, now + 1 s] of the store's clock; `uid` = the store knows a
 *   later Node of this name, or this one was deleted.
 * - `conflict`: the stored version is not the base the writer computed from; `stored` is what to compute from
 *   (undefined: the store has nothing, commit again with base version 0).
 */
export type CommitAnswer =
  | { result: 'accepted'; version: number }
  | { result: 'unchanged' }
  | { result: 'duplicate'; by: string; atMs: number }
  | { result: 'refused'; reason: 'clock' | 'uid' }
  | { result: 'conflict'; stored: NodeRecord | undefined }

/** Where a follower stands in the feed of changes. */
export type Cursor = { epoch: string; version: number }

/** A record as a follower needs it: its usage and starts; bases may be left out. */
export type Change = { kind: 'record'; record: NodeRecord } | { kind: 'deleted'; node: string; uid: string }

export type Changes = {
  /** To be gone through once: each is read as it is taken, so that not all of a page is in memory as objects. */
  changes: Iterable<Change>
  /** Where to go on. */
  cursor: Cursor
  /** More pages are waiting: ask again at once. */
  more: boolean
  /** The cursor was of another epoch (the store was emptied or replaced): these pages start from the beginning. */
  restarted: boolean
}

/**
 * Who scraped a node last, and when anybody last tried; shared clock, milliseconds. A node of which nothing is stored
 * has `atMs` 0 and is by nobody (`''`).
 */
export type Freshness = { atMs: number; by: string; tookMs: number; triedMs?: number }

/** Why the last attempt at a node that failed did; `atMs` is when it ended, by the store's clock. */
export type FailedTry = { atMs: number; by: string; reason: string }

/** The nodes that nobody has scraped for a while. */
export type Overdue = {
  /** Another one means that the store was emptied or replaced: what was known of its content is void. */
  epoch: string
  nodes: Map<string, Freshness>
}

/** The latest sample of every node and who scraped it when. Every method rejects with a StoreError when the store is away. */
export type SampleStore = {
  /**
   * Stores what a scrape gave. Atomic.
   * `body` undefined means no subject's timestamp moved since `baseVersion`.
   */
  commit(scrape: Scrape, body: RecordBody | undefined, baseVersion: number): Promise<CommitAnswer>
  /** Full records (with bases) of those nodes that have one. */
  hydrate(nodes: readonly string[]): Promise<Map<string, NodeRecord>>
  /** Records and deletions after the cursor (undefined: from the beginning), at most `limit`, oldest first. */
  changes(cursor: Cursor | undefined, limit: number): Promise<Changes>
  /** Of those nodes that have a record, or at least were tried. */
  freshness(nodes: readonly string[]): Promise<Map<string, Freshness>>
  /**
   * All nodes whose last scrape was sent `ageMs` or longer ago, and those of `unseen` that the store does not know.
   * Costs what it returns and what is unseen, not what is stored. A stored `at` in the future counts as none.
   */
  overdue(ageMs: number, unseen: readonly string[]): Promise<Overdue>
  /**
   * Notes that a scrape of the node was attempted and failed, by whom and why; without a failure: that it was left
   * alone on purpose.
   */
  tried(node: string, failure?: Pick<FailedTry, 'by' | 'reason'>): Promise<void>
  /** The last failure of those nodes that had one within the retention time; one older than `at` is over. */
  failures(nodes: readonly string[]): Promise<Map<string, FailedTry>>
  /** Removes a deleted Node's record; leaves a tombstone for the retention time, so that a late commit is refused. */
  delete(node: string, uid: string, createdMs: number): Promise<void>
  /** The store's clock, milliseconds since the epoch. */
  time(): Promise<number>
  close(): Promise<void>
}
