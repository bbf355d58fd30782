import { errorText } from '../errors.ts'
import type { FlagTable } from '../flags.ts'
import type { RedisTlsFiles } from './tls.ts'
import { parseRedisUrl } from './url.ts'

/** The flags that say where the store is, of shards and frontends alike. */
export const redisFlags = {
  'redis-url': {
    type: 'string',
    env: 'REDIS_URL',
    help: 'The store: redis://[user:password@]host:port[/db], redis-sentinel://host,…/name, redis-cluster://host,…; rediss… for TLS. With a password, use the environment.',
  },
  'redis-ca-file': { type: 'file', help: 'CA of the certificates of Redis, for rediss…://.' },
  'redis-cert-file': {
    type: 'file',
    help: 'Client certificate for Redis; read again on every connection.',
  },
  'redis-key-file': { type: 'file', help: 'Key of --redis-cert-file.' },
} as const satisfies FlagTable

/** Where the store is. */
export type RedisSource = { url: string; tls: RedisTlsFiles }

type RedisValues = { [K in keyof typeof redisFlags]: string | undefined }

/** A sentence for each fault. Pure. */
export function readRedisFlags(values: RedisValues): { redis: RedisSource; faults: string[] } {
  const url = values['redis-url'] ?? ''
  const tls = {
    ca: values['redis-ca-file'],
    cert: values['redis-cert-file'],
    key: values['redis-key-file'],
  }
  const faults: string[] = []
  if (url === '') faults.push('--redis-url (or REDIS_URL) is required: shards and frontends meet in Redis')
  else faults.push(...urlFaults(url, tls))
  if ((tls.cert === undefined) !== (tls.key === undefined))
    faults.push('--redis-cert-file and --redis-key-file go together')
  return { redis: { url, tls }, faults }
}

function urlFaults(url: string, tls: RedisTlsFiles): string[] {
  try {
    const { tls: isTls } = parseRedisUrl(url)
    const given = Object.values(tls).some((file) => file !== undefined)
    return given && !isTls
      ? ['--redis-ca-file, --redis-cert-file and --redis-key-file need a rediss…:// URL']
      : []
  } catch (error) {
    return [`--redis-url: ${errorText(error)}`]
  }
}

/** Whether a command line shows a password to everybody who may list processes. */
export function showsPassword(argv: readonly string[]): boolean {
  return argv.some(
    (each) => /\brediss?(-\w+)?:\/\/[^/]*:[^/@]+@/.test(each) || each.includes('sentinel-password='),
  )
}
