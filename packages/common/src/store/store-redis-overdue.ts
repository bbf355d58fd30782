import { readOverdue } from '../redis/replies.ts'
import { scripts } from '../redis/scripts.ts'
import { aheadMs } from './fence.ts'
import type { Freshness, SampleStore } from './store.ts'
import type { RedisStoreParts } from './store-redis-parts.ts'

/** Nodes of one reply, or asked of in one question: a script stays well below a millisecond. */
const page = 500

/** The ladder's question. With nothing overdue and nothing unseen it is one look into an index. */
export function redisOverdue({ redis, keys, retention }: RedisStoreParts): Pick<SampleStore, 'overdue'> {
  const fixed = [String(aheadMs), retention, keys.node('')]
  async function ask(ageMs: number, offset: number, limit: number, unseen: readonly string[]) {
    const args = [String(Math.round(ageMs)), String(offset), String(limit), ...fixed, ...unseen]
    return readOverdue(await redis.run(scripts.overdue, [keys.epoch, keys.fresh, keys.tried], args))
  }
  return {
    async overdue(ageMs, unseen) {
      const nodes = new Map<string, Freshness>()
      let reply = await ask(ageMs, 0, page, unseen.slice(0, page))
      for (const [node, each] of reply.nodes) nodes.set(node, each)
      for (let done = page; reply.more || done < unseen.length; done += page) {
        reply = await ask(ageMs, done, reply.more ? page : 0, unseen.slice(done, done + page))
        for (const [node, each] of reply.nodes) nodes.set(node, each)
      }
      return { epoch: reply.epoch, nodes }
    },
  }
}
