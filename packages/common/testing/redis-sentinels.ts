import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.ts'

/** One primary, its replicas, and three Sentinels that watch them. */
export type SentinelSetup = {
  /** `redis-sentinel://…`. */
  url: string
  servers: RedisServer[]
  sentinels: RedisServer[]
  /** The server that the Sentinels call the primary now. */
  primary(): Promise<RedisServer>
  /** After the primary was killed: resolves when the Sentinels agree on another and it takes writes. */
  replaced(before: RedisServer): Promise<RedisServer>
  stop(): Promise<void>
}

const name = 'metrics'
/** When a primary is called dead: a busy machine must not have it called so by mistake, and a failover is to be short. */
const patientMs = 60_000
const impatientMs = 500

/** Real processes. */
export async function startSentinels({
  replicas = 2,
  ...options
}: RedisServerOptions & { replicas?: number } = {}): Promise<SentinelSetup> {
  const started: RedisServer[] = []
  const stop = async () => void (await Promise.all(started.map((each) => each.stop())))
  const start = async (more: RedisServerOptions) => {
    const server = await startRedisServer(more)
    started.push(server)
    return server
  }
  try {
    const primary = await start(options)
    const follow = ['--replicaof', '127.0.0.1', String(primary.port), '--repl-diskless-sync-delay', '0']
    const login = options.password === undefined ? [] : ['--masterauth', options.password]
    const args = [...(options.args ?? []), ...follow, ...login]
    const others = await Promise.all(Array.from({ length: replicas }, () => start({ ...options, args })))
    const servers = [primary, ...others]
    await until(
      async () => (await ask(primary, 'INFO', 'replication')).match(/state=online/g)?.length === replicas,
    )
    const config = sentinelConfig(primary.port, options.password)
    const sentinels = await Promise.all(
      Array.from({ length: 3 }, () => start({ args: ['--sentinel'], config, readyText: '+monitor' })),
    )
    await until(async () => {
      const known = await Promise.all(
        sentinels.map((each) => ask(each, 'SENTINEL', 'ckquorum', name).catch(String)),
      )
      const replicasKnown = await Promise.all(sentinels.map((each) => count(each, 'replicas')))
      return (
        known.every((text) => text.startsWith('OK 3')) && replicasKnown.every((each) => each === replicas)
      )
    })
    const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const user = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`
    const primaryNow = () => agreed(sentinels, servers)
    return {
      url: `redis-sentinel://${user}${hosts}/${name}`,
      servers,
      sentinels,
      primary: primaryNow,
      async replaced(before) {
        await setPatience(sentinels, impatientMs)
        await until(async () => {
          const now = await primaryNow()
          return now !== before && (await ask(now, 'ROLE')).startsWith('master')
        })
        await setPatience(sentinels, patientMs)
        return primaryNow()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function sentinelConfig(port: number, password: string | undefined): string {
  return [
    `sentinel monitor ${name} 127.0.0.1 ${port} 2`,
    `sentinel down-after-milliseconds ${name} ${patientMs}`,
    `sentinel failover-timeout ${name} 3000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${name} ${password}`]),
    '',
  ].join('\n')
}

function setPatience(sentinels: readonly RedisServer[], ms: number): Promise<unknown> {
  const setting = ['SENTINEL', 'SET', name, 'down-after-milliseconds', String(ms)] as const
  return Promise.all(sentinels.map((each) => ask(each, ...setting)))
}

async function count(sentinel: RedisServer, what: string): Promise<number> {
  const reply = await withRedis(sentinel, (redis) => redis.call('SENTINEL', what, name))
  return Array.isArray(reply) ? reply.length : 0
}

async function agreed(sentinels: RedisServer[], servers: RedisServer[]): Promise<RedisServer> {
  const answers = await Promise.all(
    sentinels.map(async (each) =>
      String(await ask(each, 'SENTINEL', 'get-master-addr-by-name', name).catch(() => '')),
    ),
  )
  const [first = ''] = answers.filter(Boolean)
  if (answers.filter((each) => each === first).length < 2) throw new Error('the Sentinels do not agree')
  const server = servers.find(({ port }) => first.endsWith(`,${port}`))
  if (!server) throw new Error('the Sentinels name a server of which we do not know')
  return server
}

/** One command over a connection of its own; the reply as text. */
export async function ask(server: RedisServer, ...command: [string, ...string[]]): Promise<string> {
  return String(await withRedis(server, (redis) => redis.call(...command)))
}

async function withRedis<T>(server: RedisServer, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url, {
    retryStrategy: () => null,
    connectTimeout: 10_000,
    commandTimeout: 10_000,
  })
  redis.on('error', () => {})
  try {
    return await use(redis)
  } finally {
    redis.disconnect()
  }
}

const mostMs = 60_000

export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + mostMs; !(await holds().catch(() => false)); await sleep(50)) {
    if (Date.now() > endMs) throw new Error(`not so after ${mostMs} ms`)
  }
}
