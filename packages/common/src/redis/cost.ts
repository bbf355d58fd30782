import { CodedError } from '../errors.ts'
import { silentLog } from '../log.ts'
import { connectRedis } from './connection.ts'
import type { RedisSource } from './flags.ts'
import { infoFields } from './info.ts'
import { ringKeys } from './keys.ts'
import { costScript } from './scripts.ts'

/** What Redis says of a ring's keys, and of itself. */
export type CostFacts = {
  /** Nodes that have a record or a tombstone: a key each. */
  nodes: number
  /** The four keys besides: feed, fresh, tried and epoch. */
  indexBytes: number
  /** Bytes of some nodes' keys. */
  sample: Map<string, number>
  /** Of the whole server since it started: scripts that clients sent, and records that those wrote. */
  sent: number
  written: number
  /** The fields of INFO memory. */
  memory: ReadonlyMap<string, string>
}

/** Nodes of the sample: the script takes about a microsecond for each. */
const sampled = 200

/**
 * Reads the facts, waits, and reads them again. Rejects with a CodedError as the store does; `store_forbidden` for a user
 * without the rights that are useful here (acl.ts).
 */
export async function readCost(
  { url, tls: tlsFiles }: RedisSource,
  ringName: string,
  wait: () => Promise<void>,
): Promise<[before: CostFacts, after: CostFacts]> {
  const { epoch, feed, fresh, tried, node } = ringKeys(ringName)
  const redis = connectRedis({ url, tlsFiles, key: epoch, log: silentLog })
  const read = async () =>
    factsOf(await redis.run(costScript, [epoch, feed, fresh, tried], [node(''), String(sampled)]))
  try {
    const before = await read()
    await wait()
    return [before, await read()]
  } finally {
    await redis.close()
  }
}

function factsOf(reply: unknown): CostFacts {
  if (!Array.isArray(reply)) throw new CodedError('store_error', 'Redis gave an answer that is none of ours')
  const [nodes, indexBytes, commands, memory, sample] = reply
  const stats = infoFields(String(commands))
  const calls = (name: string) => Number(/calls=(\d+)/.exec(stats.get(`cmdstat_${name}`) ?? '')?.[1] ?? 0)
  return {
    nodes: Number(nodes),
    indexBytes: Number(indexBytes),
    sample: new Map(sample as [string, number][]),
    sent: calls('evalsha') + calls('eval'),
    // Each script that writes a record has one HSET.
    written: calls('hset'),
    memory: infoFields(String(memory)),
  }
}
