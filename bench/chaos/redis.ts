import { startSentinels } from '@metrics-ring/common/testing/redis-sentinels'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'

/** As the services are told to reach it; the server that takes writes can be killed and started again. */
export type SiteRedis = {
  url: string
  primary(): Promise<RedisServer>
  /** Kills the primary; resolves when a replica has taken its place. */
  failOver(): Promise<void>
  stop(): Promise<void>
}

/** One server alone, or a primary and two replicas that three Sentinels watch. */
export type RedisTopology = 'single' | 'sentinels'

export async function startRedis(topology: RedisTopology): Promise<SiteRedis> {
  if (topology === 'single') {
    const server = await startRedisServer()
    const failOver = () => Promise.reject(new Error('a server alone has no replica'))
    return { url: server.url, primary: async () => server, failOver, stop: server.stop }
  }
  const { url, primary, replaced, stop } = await startSentinels()
  return {
    url,
    primary,
    stop,
    async failOver() {
      const before = await primary()
      await before.kill()
      await replaced(before)
      // The Sentinels make it a replica of the new primary.
      await before.restart()
    },
  }
}
