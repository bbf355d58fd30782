import type { TlsTexts } from './tls.ts'
import type { RedisAddress } from './url.ts'

/** Limits in milliseconds: to connect, for a reply, and for a silent socket before it is made anew. */
export const connectTimeoutMs = 2_000
const commandTimeoutMs = 2_000
const socketTimeoutMs = 4_000
const longestRetryMs = 3_000

/** How long to wait before the next attempt, after so many that failed: longer and longer, and spread. */
export function retryMs(failures: number, random = Math.random): number {
  return Math.min(longestRetryMs, 100 * 2 ** Math.min(failures, 10)) * (0.5 + random() / 2)
}

/**
 * ioredis' options. `tls` and the first host are looked at on each connection: what is changed in them counts from
 * then on.
 */
export function redisOptions(address: RedisAddress, tls: TlsTexts) {
  const { topology, hosts, username, password, db } = address
  return {
    ...(topology === 'sentinel' ? sentinelOptions(address, tls) : hosts[0]),
    db,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(address.tls ? { tls } : {}),
    protocol: 2 as const,
    disableClientInfo: true,
    // We ask ourselves, by a command that every topology and every user knows.
    enableReadyCheck: false,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: socketTimeoutMs,
    // A server that takes no leave is left all the same.
    disconnectTimeout: 200,
    keepAlive: 5_000,
    // Nothing waits for a connection or is sent twice: the next scrape brings newer news.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  }
}

function sentinelOptions({ hosts, name, tls: isTls, ...address }: RedisAddress, tls: TlsTexts) {
  const { sentinelUsername, sentinelPassword } = address
  return {
    sentinels: hosts,
    name,
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    ...(isTls ? { enableTLSForSentinelMode: true, sentinelTLS: tls } : {}),
    sentinelCommandTimeout: commandTimeoutMs,
  }
}
