import type { RedisServer } from '@metrics-ring/common/testing/redis-server'
import { Redis } from 'ioredis'
import { processUsage } from '../process-usage.ts'

/** What Redis and the operating system say of the server, since it started. */
export type RedisFacts = {
  /** Of everything stored, without buffers and overhead of the server itself. */
  datasetBytes: number
  cpuMs: number
  /** Commands that clients have sent: scripts, and TIME. */
  sent: number
  /** Records written, each by one command: every script that writes one has one HSET. */
  written: number
}

/** Asks over a connection of its own, which it keeps; its own questions are not counted. */
export function watchRedis(server: RedisServer) {
  const redis = new Redis(server.url)
  return {
    async read(): Promise<RedisFacts> {
      const stats = parse(await redis.info('commandstats'))
      const memory = parse(await redis.info('memory'))
      // Inside of scripts commands are counted, too: of those only what clients send is summed up.
      const calls = (name: string) => Number(/calls=(\d+)/.exec(stats.get(`cmdstat_${name}`) ?? '')?.[1] ?? 0)
      return {
        datasetBytes: Number(memory.get('used_memory_dataset')),
        cpuMs: processUsage(server.pid()).cpuMs,
        sent: calls('evalsha') + calls('eval'),
        written: calls('hset'),
      }
    },
    close: () => redis.disconnect(),
  }
}

function parse(info: string): Map<string, string> {
  const lines = info.split('\r\n').filter((line) => line.includes(':'))
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]))
}
