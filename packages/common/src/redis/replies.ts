import { CodedError } from '../errors.ts'
import type { NodeRecord } from '../record/record.ts'
import type { StoredText } from '../record/record-checks.ts'
import { type Parsed, parseRecord } from '../record/record-parse.ts'
import type { Change, CommitAnswer, FailedTry, Freshness } from '../store/store.ts'

/** A record as a script returns it: its fields, null if there is none, or why they cannot be read. */
export type RecordReply = StoredText[] | string | null

/** What a commit's script returns: a `conflict` still holds the stored record as it came. */
export type CommitReply =
  | Exclude<CommitAnswer, { result: 'conflict' }>
  | { result: 'conflict'; stored: RecordReply }

export function readCommit(reply: unknown): CommitReply {
  const [result, first = null, second] = listOf(reply)
  switch (result) {
    case 'accepted':
      return { result, version: Number(first) }
    case 'unchanged':
      return { result }
    case 'duplicate':
      return { result, by: String(first), atMs: Number(second) }
    case 'refused':
      return { result, reason: first === 'clock' ? 'clock' : 'uid' }
    case 'conflict':
      return { result, stored: first as RecordReply }
    default:
      throw unreadable()
  }
}

/** Fields come in the order of `ALL` in prelude.lua; the last, points, only where it was asked for. */
export function readRecord(node: string, reply: StoredText[] | string): Parsed<NodeRecord> {
  if (typeof reply === 'string') return { ok: false, reason: reply }
  const [at = null, by = null, took = null, uid = null, created = null, ver = null, usage = null] = reply
  const fields = { at, by, took, uid, created, ver, usage }
  const points = reply[8]
  return parseRecord(node, points === undefined ? fields : { ...fields, points })
}

/** The version text of a record that cannot be parsed; undefined: there is none to name it by. */
export function versionOf(reply: StoredText[] | string): string | undefined {
  const version = typeof reply === 'string' ? null : reply[5]
  return typeof version === 'string' ? version : undefined
}

export function readChange(node: string, reply: StoredText[] | string): Parsed<Change> {
  const [uid, deleted] = typeof reply === 'string' ? [] : [reply[3], reply[7]]
  if (deleted) return { ok: true, value: { kind: 'deleted', node, uid: String(uid) } }
  const parsed = readRecord(node, reply)
  return parsed.ok ? { ok: true, value: { kind: 'record', record: parsed.value } } : parsed
}

export type ChangesReply = {
  /** When the epoch began, as the store wrote it. */
  started: string
  version: number
  more: boolean
  restarted: boolean
  page: [node: string, record: StoredText[] | string][]
}

export function readChanges(reply: unknown): ChangesReply {
  const [started, version, more, restarted, page] = listOf(reply)
  return {
    started: String(started),
    version: Number(version),
    more: more === 1,
    restarted: restarted === 1,
    page: listOf(page) as ChangesReply['page'],
  }
}

export function readFreshness(reply: unknown): Map<string, Freshness> {
  const found = new Map<string, Freshness>()
  for (const entry of listOf(reply)) {
    const [node, at, by, took, tried] = listOf(entry)
    const [atMs, tookMs] = [Number(at), Number(took)]
    if (!Number.isSafeInteger(atMs) || !Number.isSafeInteger(tookMs)) continue
    const known = { atMs, by: String(by), tookMs }
    found.set(
      String(node),
      tried === null || tried === undefined ? known : { ...known, triedMs: Number(tried) },
    )
  }
  return found
}

export function readFailures(reply: unknown): [node: string, failure: FailedTry][] {
  return listOf(reply).map((entry) => {
    const [node, at, by, reason] = listOf(entry)
    return [String(node), { atMs: Number(at), by: String(by), reason: String(reason) }]
  })
}

export function readOverdue(reply: unknown): { epoch: string; more: boolean; nodes: Map<string, Freshness> } {
  const [started, more, found] = listOf(reply)
  return { epoch: String(started), more: more === 1, nodes: readFreshness(found) }
}

/** A record, or null, for each of the nodes asked for; the last may be missing. */
export function readRecords(reply: unknown): RecordReply[] {
  const records = listOf(reply) as RecordReply[]
  if (records.length === 0) throw unreadable()
  return records
}

export function readTime(reply: unknown): number {
  const [seconds, microseconds] = listOf(reply)
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
}

function listOf(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw unreadable()
  return reply
}

function unreadable(): CodedError {
  return new CodedError('store_error', 'Redis gave an answer that is none of ours')
}
