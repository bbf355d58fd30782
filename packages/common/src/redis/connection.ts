import { Command, Redis } from 'ioredis'
import { errorText } from '../errors.ts'
import type { Log } from '../log.ts'
import { isAborted, storeError } from './errors.ts'
import { createGate } from './gate.ts'
import { connectTimeoutMs, redisOptions, retryMs } from './options.ts'
import { type Script, scripts } from './scripts.ts'
import { createSeats, movedTo } from './seats.ts'
import { createSender } from './sender.ts'
import { type RedisTlsFiles, readTlsFiles } from './tls.ts'
import { parseRedisUrl, shownAddress } from './url.ts'

/** What the store needs of Redis, whatever its topology. Every method rejects with a CodedError. */
export type RedisConnection = {
  run(script: Script, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Redis TIME as it comes: seconds and microseconds. */
  time(): Promise<unknown>
  /** How often the connection was made: after another time Redis may know less than it did (a failover). */
  timesMade(): number
  /** Why the last call failed; undefined: it did not. */
  trouble(): string | undefined
  close(): Promise<void>
}

export type ConnectOptions = {
  url: string
  tlsFiles?: RedisTlsFiles | undefined
  /** Any key of ours: in a Cluster, its slot is where we connect. */
  key: string
  log: Log
}

/** How long a connection lasts at least when its server takes no writes, milliseconds. */
const readOnlyMs = 2_000
const mostHops = 3

/** How long a call may wait for a server to be found: one that stays silent, and then another. Milliseconds. */
const longestWaitMs = connectTimeoutMs + 500

/**
 * One connection to the primary, made in the background, for ever. A connection counts once its server has answered
 * a question about our key. While the known servers are tried, each once, calls wait; when none was the one, Redis is
 * away, and calls reject at once.
 *
 *     seeking ──made──▶ asking ──answered──▶ up
 *       ▲ │               │ MOVED: to another │ lost, MOVED, or read-only for a while
 *       │ │ all tried     └──────▶ seeking ◀──┘
 *       │ ▼
 *      away   (the next round after retryMs)
 */
export function connectRedis({ url, tlsFiles = {}, key, log }: ConnectOptions): RedisConnection {
  const address = parseRedisUrl(url)
  const isCluster = address.topology === 'cluster'
  const tls = address.tls ? readTlsFiles(tlsFiles) : {}
  const shown = shownAddress(address)
  const seats = createSeats(address.hosts)
  const gate = createGate(longestWaitMs)
  let timesMade = 0
  /** The connection, by `timesMade`, whose server said that the slot is elsewhere. */
  let movedFrom = -1
  let state: 'seeking' | 'up' | 'away' | 'closed' = 'seeking'
  /** Attempts of this round; rounds since Redis last answered. */
  let tried = 0
  let rounds = 0
  /** Times in a row that a server named another one; `isHop`: the coming attempt follows such advice. */
  let hops = 0
  let isHop = false
  let upSinceMs = 0
  let lastError: unknown = new Error('not connected')
  let lastFailure: string | undefined

  const redis = new Redis({
    ...redisOptions(address, tls),
    retryStrategy: beforeRetry,
    sentinelRetryStrategy: beforeRetry,
  })
  const { send, flush } = createSender(
    () => redis.stream,
    (name, args, sink) => {
      const command = new Command(name, args, { replyEncoding: 'utf8' })
      redis.sendCommand(command, { isPipeline: true, destination: { redis }, ...sink })
      return command
    },
  )
  redis.on('error', (error) => {
    lastError = error
  })
  redis.on('ready', () => void ask())
  // Certificates that cannot even be tried end the client for good.
  redis.on('end', () => state !== 'closed' && setTimeout(reconnect, beforeRetry()).unref())

  function reconnect() {
    if (state !== 'closed') redis.connect().catch(() => {})
  }
  /** Runs before each attempt but the first; returns how long to wait, milliseconds. */
  function beforeRetry(): number {
    const waitMs = isHop ? 0 : nextWaitMs()
    isHop = false
    if (isCluster) Object.assign(redis.options, seats.current())
    rereadTls()
    return waitMs
  }
  function nextWaitMs(): number {
    if (state === 'up') seek()
    hops = 0
    seats.failed()
    tried++
    if (tried === 0) return retryMs(0)
    if (tried < (isCluster ? seats.count() : 1)) return 0
    tried = 0
    setAway()
    return retryMs(rounds++)
  }
  /** A new round; what ends now is no attempt of it. */
  function seek() {
    state = 'seeking'
    tried = -1
    gate.shut()
  }
  function setAway() {
    if (state === 'seeking') {
      const { code, message } = storeError(lastError, shown)
      log.warn({ redis: shown, code, reason: message }, 'Redis is away')
      state = 'away'
    }
    gate.open()
  }
  function rereadTls() {
    try {
      if (address.tls) Object.assign(tls, readTlsFiles(tlsFiles))
    } catch (error) {
      log.warn({ error: errorText(error) }, 'cannot read a TLS file for Redis; keeping the last one')
    }
  }
  /** Whether the server is the one, and awake. */
  async function ask() {
    try {
      // ioredis would go on in database 0 if the other one could not be selected.
      if (address.db > 0) await redis.select(address.db)
      await send(scripts.time, [key], [])
    } catch (error) {
      if (!isAborted(error)) lastError = error
      return follow(error)
    }
    if (state === 'closed') return
    rounds = 0
    hops = 0
    timesMade++
    upSinceMs = performance.now()
    lastError = new Error('the connection was lost')
    lastFailure = undefined
    state = 'up'
    log.info({ redis: shown }, 'Redis answers')
    gate.open()
  }
  /** Makes the connection anew: to where the error says, or to the next server. */
  function follow(error: unknown) {
    if (state === 'closed') return
    const { host = '', port = 0 } = redis.options
    const to = isCluster && error instanceof Error ? movedTo(error.message, { host, port }) : undefined
    // Two servers may each take the other for the owner, for a while.
    if (to && hops++ < mostHops) {
      seats.moved(to)
      isHop = true
    }
    if (state === 'up') {
      if (to) movedFrom = timesMade
      seek()
    }
    redis.disconnect(true)
  }
  async function run(script: Script, keys: readonly string[], args: readonly string[]) {
    for (let again = false; ; again = true) {
      await gate.pass()
      const sentOver = state === 'up' ? timesMade : undefined
      try {
        if (sentOver === undefined) throw lastError
        const reply = await send(script, keys, args)
        lastFailure = undefined
        return reply
      } catch (error) {
        const failure = storeError(error, shown)
        if (isOfNoUse(failure.code)) follow(error)
        // Where the slot had been, nothing was done: nor of what was sent behind a call that was told so, and cut off.
        const isCutOff = failure.code === 'store_unavailable' && sentOver === movedFrom
        if ((failure.code === 'store_moved' || isCutOff) && !again) continue
        lastFailure = failure.message
        throw failure
      }
    }
  }
  /** Of a server that is up: another one must have taken its place. */
  function isOfNoUse(code: string): boolean {
    if (state !== 'up') return false
    return (
      code === 'store_moved' || (code === 'store_read_only' && performance.now() - upSinceMs > readOnlyMs)
    )
  }
  async function close() {
    if (state === 'closed') return
    state = 'closed'
    lastError = new Error('the store is closed')
    gate.open()
    flush()
    if (redis.status === 'ready') await redis.quit().catch(() => {})
    redis.disconnect()
  }
  return {
    run,
    time: () => run(scripts.time, [key], []),
    timesMade: () => timesMade,
    trouble: () => lastFailure,
    close,
  }
}
