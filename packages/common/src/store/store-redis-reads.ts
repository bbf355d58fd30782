import type { NodeRecord } from '../record/record.ts'
import { maxTextBytes } from '../record/record-json.ts'
import {
  type ChangesReply,
  readChange,
  readChanges,
  readFailures,
  readFreshness,
  readRecord,
  readRecords,
} from '../redis/replies.ts'
import { scripts } from '../redis/scripts.ts'
import { pageLimit, pageSize } from './fence.ts'
import type { Change, Changes, Cursor, FailedTry, Freshness, SampleStore } from './store.ts'
import type { RedisStoreParts } from './store-redis-parts.ts'

type Reads = Pick<SampleStore, 'hydrate' | 'changes' | 'freshness' | 'failures'>

/** Bytes after which a page of records ends early: they are untrusted, and each may be long. */
const mostPageBytes = 4 * maxTextBytes
const bounds = [String(maxTextBytes), String(mostPageBytes)]
/** Nodes asked of at once, whose answer is a few numbers each. */
const freshnessPage = 1_000

export function redisReads({ redis, keys, retention, onBadRecord }: RedisStoreParts): Reads {
  async function hydrate(nodes: readonly string[]) {
    const records = new Map<string, NodeRecord>()
    for (let done = 0; done < nodes.length; ) {
      const asked = nodes.slice(done, done + pageLimit).map(keys.node)
      const replies = readRecords(await redis.run(scripts.hydrate, asked, bounds))
      for (const reply of replies) {
        const node = nodes[done++]
        if (reply === null || node === undefined) continue
        const parsed = readRecord(node, reply)
        if (parsed.ok) records.set(node, parsed.value)
        else onBadRecord(node, parsed.reason)
      }
    }
    return records
  }
  /** A cursor is of one connection, too: behind the next may be a server that knows less (a failover). */
  async function changes(cursor: Cursor | undefined, limit: number): Promise<Changes> {
    const from = cursor ? [epochOf(cursor, redis.timesMade()), String(cursor.version)] : ['', '0']
    const args = [...from, String(pageSize(limit)), keys.node(''), ...bounds, retention]
    const reply = readChanges(await redis.run(scripts.changes, [keys.epoch, keys.feed], args))
    return {
      changes: parsed(reply.page),
      cursor: { epoch: `${reply.started}/${redis.timesMade()}`, version: reply.version },
      more: reply.more,
      restarted: cursor !== undefined && reply.restarted,
    }
  }
  function* parsed(page: ChangesReply['page']): Generator<Change> {
    for (const [node, record] of page) {
      const change = readChange(node, record)
      if (change.ok) yield change.value
      else onBadRecord(node, change.reason)
    }
  }
  async function freshness(nodes: readonly string[]) {
    const found = new Map<string, Freshness>()
    for (let done = 0; done < nodes.length; done += freshnessPage) {
      const asked = nodes.slice(done, done + freshnessPage)
      const reply = await redis.run(scripts.freshness, [keys.tried, ...asked.map(keys.node)], asked)
      for (const [node, each] of readFreshness(reply)) found.set(node, each)
    }
    return found
  }
  async function failures(nodes: readonly string[]) {
    const found = new Map<string, FailedTry>()
    for (let done = 0; done < nodes.length; done += freshnessPage) {
      const asked = nodes.slice(done, done + freshnessPage)
      const reply = await redis.run(scripts.failures, asked.map(keys.node), asked)
      for (const [node, each] of readFailures(reply)) found.set(node, each)
    }
    return found
  }
  return { hydrate, changes, freshness, failures }
}

/** The store's part of the cursor's epoch; empty, which is no epoch, if it was read over another connection. */
function epochOf({ epoch }: Cursor, timesMade: number): string {
  const [started = '', connection] = epoch.split('/')
  return connection === String(timesMade) ? started : ''
}
