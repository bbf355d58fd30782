import { setTimeout as sleep } from 'node:timers/promises'
import { silentLog } from '@metrics-ring/common/log'
import { aclRules } from '@metrics-ring/common/redis/acl'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { ask, until as untilTrue } from '@metrics-ring/common/testing/redis-sentinels'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { startTcpProxy, type TcpProxy } from '@metrics-ring/common/testing/tcp-proxy'
import { expect } from 'chai'
import {
  complete,
  type Installation,
  install,
  intervalMs,
  settled,
  until,
  wantedNodes,
} from './installation.ts'
import { type Seen, watchPods } from './outages-seen.ts'
import { readiness } from './readiness.ts'

/** `--max-sample-age` of these tests, milliseconds: at so short an interval, waits for a connection weigh more. */
export const boundMs = 10 * intervalMs
/**
 * So long a fault costs nothing: a sample is up to 7/3 intervals old when the next one is due, and one more when what
 * was held back is written.
 */
export const awayMs = 2 * intervalMs
/** Connecting anew is tried at least so often, milliseconds: an attempt may take 2 s, the wait before it 3 s. */
const retryMs = 5_500
const mostMs = 60_000
/** The user that shards and frontends are: the documented one, with no right more. */
export const password = 'N0where-2-be-seen'
const userArgs = ['--user', 'ring', 'on', `>${password}`, ...aclRules('demo')]

/** metrics-ring over a Redis that can be given every fault. */
export type Outages = {
  all: Installation
  proxy: TcpProxy
  /** The server behind the proxy. */
  redis(): RedisServer
  /** What a client saw from `fault` until all was well again after `mend`; old samples and errors fail the test. */
  during(fault: () => unknown, forMs: number, mend: () => unknown): Promise<Seen>
  /** The same, and no list lacked a pod. */
  losesNothing(fault: () => unknown, forMs?: number, mend?: () => unknown): Promise<void>
  /** A replica of the server, up to date. */
  replica(env?: Record<string, string>): Promise<RedisServer>
  /** That one takes the server's place, which dies. */
  failOver(to: RedisServer): Promise<void>
  /** The /readyz?verbose of every process matches. */
  say(pattern: RegExp): Promise<void>
  stop(): Promise<void>
}

/** Two shards, two frontends and eight nodes. The proxy stands for a Service in front of Redis. */
export async function startOutages(): Promise<Outages> {
  const proxy = await startTcpProxy(1)
  const spares: RedisServer[] = []
  const all = await install({
    nodes: 8,
    podsPerNode: 4,
    shards: 2,
    frontends: 2,
    redisUrl: `redis://ring:${password}@127.0.0.1:${proxy.port}`,
    redisArgs: userArgs,
    frontendArgs: [`--max-sample-age=${boundMs}ms`],
  }).catch(async (error) => {
    await proxy.stop()
    throw error
  })
  let current = all.redis
  proxy.lead(current.port)
  async function stop() {
    await all.stop()
    await proxy.stop()
    await Promise.all(spares.map((each) => each.stop()))
  }
  async function during(fault: () => unknown, forMs: number, mend: () => unknown): Promise<Seen> {
    const watching = watchPods(all)
    try {
      await fault()
      await sleep(forMs)
      await mend()
      const tookMs = await expectRecovery(all, current.url)
      await complete(all)
      const seen = await watching.stop()
      console.log(
        `      ${seen.lists} lists, at most ${seen.missing} pods missing, the oldest ${seen.oldestMs} ms; ` +
          `written anew after ${tookMs} ms`,
      )
      expect(seen.errors).to.deep.equal([])
      expect(seen.untrue).to.deep.equal([])
      // A kubelet's reading may be 4/3 intervals old when it is scraped; it is served 2 s past the bound; seconds are cut
      // off.
      expect(seen.oldestMs).to.be.below(boundMs + (4 / 3) * intervalMs + 3_000)
      return seen
    } finally {
      await watching.stop()
    }
  }
  try {
    await complete(all)
    await settled(all)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    all,
    proxy,
    redis: () => current,
    during,
    async losesNothing(fault, forMs = 0, mend = () => {}) {
      expect((await during(fault, forMs, mend)).missing).to.equal(0)
    },
    async replica(env = {}) {
      const args = ['--replicaof', '127.0.0.1', String(current.port), '--repl-diskless-sync-delay', '0']
      const server = await startRedisServer({ args: [...args, ...userArgs], env })
      spares.push(server)
      await untilTrue(async () =>
        (await ask(server, 'INFO', 'replication')).includes('master_link_status:up'),
      )
      return server
    },
    async failOver(to) {
      const before = current
      current = to
      proxy.lead(to.port)
      await before.kill()
    },
    async say(pattern) {
      await until(async () => (await readiness(all)).filter((said) => !pattern.test(said)), mostMs)
    },
    stop,
  }
}

/**
 * Waits until every node has a record of a scrape sent from now on; how long that took. No kubelet is scraped more
 * than once an interval meanwhile, and once more (seen where the store's clock went back; why was not traced); and none
 * more than two intervals and a wait for the connection take.
 */
async function expectRecovery({ cluster }: Installation, url: string): Promise<number> {
  const store = createRedisStore({ url, ringName: 'demo', intervalMs, onBadRecord: () => {}, log: silentLog })
  const nodes = wantedNodes(cluster)
  const startedMs = Date.now()
  try {
    const sinceMs = await store.time()
    const tookMs = await until(async () => {
      const [found, nowMs] = await Promise.all([store.freshness(nodes), store.time()])
      // A time that is yet to come is of a server whose clock was ahead.
      const isNew = (atMs = 0) => atMs > sinceMs && atMs <= nowMs + 1_000
      return nodes.filter((node) => !isNew(found.get(node)?.atMs))
    }, mostMs)
    const counts = nodes.map(
      (node) =>
        cluster.kubelets.scrapes(node).filter((at) => at > startedMs && at <= startedMs + tookMs).length,
    )
    const most = Math.max(...counts)
    expect(most, 'no storm').to.be.at.most(2 + Math.ceil(tookMs / intervalMs))
    expect(most, 'scrapes until all was written').to.be.at.most(2 + Math.ceil(retryMs / intervalMs))
    return tookMs
  } finally {
    await store.close()
  }
}
