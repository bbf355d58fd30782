import type { NodeRecord, RecordBody, Scrape } from '../record/record.ts'
import { encodeBody, maxTextBytes } from '../record/record-json.ts'
import { type RecordReply, readCommit, readRecord, versionOf } from '../redis/replies.ts'
import { scripts } from '../redis/scripts.ts'
import { mostReasonLength, wholeScrape } from './fence.ts'
import type { CommitAnswer, SampleStore } from './store.ts'
import type { RedisStoreParts } from './store-redis-parts.ts'

type Writes = Pick<SampleStore, 'commit' | 'tried' | 'delete'>

export function redisWrites({ redis, keys, interval, retention, onBadRecord }: RedisStoreParts): Writes {
  const nodeKeys = (node: string) => [keys.node(node), keys.epoch, keys.feed, keys.fresh, keys.tried]

  function commitArgs({ node, atMs, by, tookMs, uid, createdMs }: Scrape, baseVersion: number): string[] {
    const scrape = [node, String(atMs), by, String(tookMs), uid, String(createdMs), String(baseVersion)]
    return [...scrape, interval, retention, keys.node(''), String(maxTextBytes)]
  }
  async function commit(given: Scrape, body: RecordBody | undefined, base: number): Promise<CommitAnswer> {
    const scrape = wholeScrape(given)
    const args = commitArgs(scrape, base)
    if (body) {
      const { usage, points } = encodeBody(body, scrape.atMs)
      args.push(usage, points)
    }
    const answer = readCommit(await redis.run(scripts.commit, nodeKeys(scrape.node), args))
    if (answer.result !== 'conflict') return answer
    return { result: 'conflict', stored: await readOrDiscard(scrape.node, answer.stored) }
  }
  /** A stored record that nobody can read would refuse every commit: it is emptied, and counts as absent. */
  async function readOrDiscard(node: string, reply: RecordReply): Promise<NodeRecord | undefined> {
    if (reply === null) return undefined
    const parsed = readRecord(node, reply)
    if (parsed.ok) return parsed.value
    onBadRecord(node, parsed.reason)
    const version = versionOf(reply)
    if (version !== undefined) await redis.run(scripts.discard, [keys.node(node)], [version])
    return undefined
  }
  return {
    commit,
    async tried(node, failure) {
      const why = failure ? [failure.by, failure.reason.slice(0, mostReasonLength)] : []
      await redis.run(scripts.tried, [keys.tried, keys.node(node)], [node, retention, ...why])
    },
    async delete(node, uid, createdMs) {
      const args = [node, uid, String(Math.round(createdMs)), interval, retention, keys.node('')]
      await redis.run(scripts.delete, nodeKeys(node), args)
    },
  }
}
