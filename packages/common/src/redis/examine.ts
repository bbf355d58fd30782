import { createHash } from 'node:crypto'
import { CodedError, errorText } from '../errors.ts'
import { silentLog } from '../log.ts'
import { connectRedis, type RedisConnection } from './connection.ts'
import { infoFields } from './info.ts'
import { ringKeys } from './keys.ts'
import type { Script } from './scripts.ts'
import type { RedisTlsFiles } from './tls.ts'

/** What one look at Redis tells. Of what failed: a code of the store, and a sentence without secrets. */
export type RedisFacts = {
  /** It could be asked, and what its clock said, milliseconds since the epoch; else why not. */
  answer: { ok: true; timeMs: number; tookMs: number } | Failed
  /** Whether a key could be written (and is gone a second later). */
  write: { ok: true } | Failed
  /** The fields of INFO; undefined where the user may not ask for it. */
  info: ReadonlyMap<string, string> | undefined
}
export type Failed = { ok: false; code: string; message: string }

const writeScript = script(
  "redis.call('HSET', KEYS[1], 'doctor', '1') return redis.call('PEXPIRE', KEYS[1], 1000)",
)
// Of the server that holds the slot of the key, in a Cluster.
const infoScript = script("return redis.call('INFO')")

function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Connects, asks, writes one short-lived key beside those of the ring, and leaves. Never rejects for what Redis says. */
export async function examineRedis(source: {
  url: string
  tlsFiles: RedisTlsFiles
  ringName: string
}): Promise<RedisFacts> {
  const keys = ringKeys(source.ringName)
  const key = `${keys.epoch}:doctor`
  const redis = connectRedis({ ...source, key, log: silentLog })
  try {
    const answer = await told(() => time(redis))
    if (!answer.ok) return { answer, write: answer, info: undefined }
    const write = await told(() => put(redis, key))
    const info = await redis.run(infoScript, [key], []).catch(() => undefined)
    return { answer, write, info: typeof info === 'string' ? infoFields(info) : undefined }
  } finally {
    await redis.close()
  }
}

async function time(redis: RedisConnection): Promise<{ timeMs: number; tookMs: number }> {
  await redis.time()
  const startedMs = performance.now()
  const [seconds, microseconds] = (await redis.time()) as [string, string]
  const tookMs = performance.now() - startedMs
  return { timeMs: Number(seconds) * 1000 + Number(microseconds) / 1000, tookMs }
}

async function put(redis: RedisConnection, key: string): Promise<object> {
  await redis.run(writeScript, [key], [])
  return {}
}

async function told<T extends object>(ask: () => Promise<T>): Promise<({ ok: true } & T) | Failed> {
  try {
    return { ok: true, ...(await ask()) }
  } catch (error) {
    const code = error instanceof CodedError ? error.code : 'store_error'
    return { ok: false, code, message: errorText(error) }
  }
}
