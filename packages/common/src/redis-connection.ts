import { Redis, type RedisOptions } from 'ioredis'
import type { Log } from './log.ts'
import { isMissingScript, storeError } from './redis-errors.ts'
import type { Script } from './redis-scripts.ts'
import { parseRedisUrl, type RedisAddress } from './redis-url.ts'

/** What the store needs of Redis, whatever its topology. Every method rejects with a CodedError. */
export type RedisConnection = {
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Redis TIME as it comes: seconds and microseconds. */
  time(): Promise<unknown>
  /** How often the connection was made: after another time Redis may know less than it did (a failover). */
  timesMade(): number
  close(): Promise<void>
}

/** Limits in milliseconds: to connect, for a reply, and for a silent socket before it is made anew. */
const connectTimeoutMs = 2_000
const commandTimeoutMs = 2_000
const socketTimeoutMs = 4_000
const longestRetryMs = 3_000

/**
 * Connects in the background, for ever. While Redis is away, calls reject at once; only calls made before the
 * first attempt to connect has ended wait for its end.
 */
export function connectRedis(url: string, log: Log): RedisConnection {
  const address = parseRedisUrl(url)
  const shown = `${address.host}:${address.port}`
  const redis = new Redis(redisOptions(address))
  let timesMade = 0
  let state: 'new' | 'up' | 'away' | 'closed' = 'new'
  let lastError: unknown = new Error('not connected')
  const { promise: firstAttempt, resolve: firstAttemptEnded } = Promise.withResolvers<void>()

  redis.on('error', (error) => {
    lastError = error
  })
  redis.on('ready', () => {
    timesMade++
    lastError = new Error('the connection was lost')
    if (state !== 'closed') state = 'up'
    log.info({ redis: shown }, 'Redis answers')
    firstAttemptEnded()
  })
  redis.on('close', () => {
    if (state === 'new' || state === 'up') {
      const { code, message } = storeError(lastError, shown)
      log.warn({ redis: shown, code, reason: message }, 'Redis is away')
      state = 'away'
    }
    firstAttemptEnded()
  })

  async function call<T>(command: () => Promise<T>): Promise<T> {
    await firstAttempt
    if (redis.status !== 'ready') throw storeError(lastError, shown)
    try {
      return await command()
    } catch (error) {
      throw isMissingScript(error) ? error : storeError(error, shown)
    }
  }
  async function run({ text, sha }: Script, keys: readonly string[], args: readonly string[]) {
    try {
      return await call(() => redis.evalsha(sha, keys.length, ...keys, ...args))
    } catch (error) {
      if (!isMissingScript(error)) throw error
      return await call(() => redis.eval(text, keys.length, ...keys, ...args))
    }
  }
  async function close() {
    if (state === 'closed') return
    state = 'closed'
    lastError = new Error('the store is closed')
    firstAttemptEnded()
    if (redis.status === 'ready') await redis.quit().catch(() => {})
    redis.disconnect()
  }
  return { run, time: () => call(() => redis.time()), timesMade: () => timesMade, close }
}

function redisOptions({ host, port, username, password, db, tls }: RedisAddress) {
  return {
    host,
    port,
    db,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    protocol: 2 as const,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: socketTimeoutMs,
    keepAlive: 5_000,
    // Commits of one turn of the event loop leave in one write.
    enableAutoPipelining: true,
    // Nothing waits for a connection or is sent twice: the next scrape brings newer news.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times: number) =>
      Math.min(longestRetryMs, 100 * 2 ** Math.min(times, 10)) * (0.5 + Math.random() / 2),
  } satisfies RedisOptions
}
