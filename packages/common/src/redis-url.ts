import { CodedError } from './errors.ts'

export type RedisAddress = {
  host: string
  port: number
  username: string | undefined
  password: string | undefined
  /** Database number. */
  db: number
  tls: boolean
}

/**
 * Reads `redis://[user][:password]@host[:port][/db]`, or `rediss://` for TLS.
 * Throws a CodedError `bad_redis_url`, which never shows the URL: it may hold a password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const url = URL.parse(text)
  if (!url) throw fault('it is not a URL')
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw fault(`${url.protocol}// is not supported, only redis:// and rediss:// are`)
  }
  if (!url.hostname) throw fault('it names no host')
  if (url.search || url.hash) throw fault('it has a query or a fragment')
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    username: unescaped(url.username),
    password: unescaped(url.password),
    db: databaseNumber(url.pathname),
    tls: url.protocol === 'rediss:',
  }
}

function unescaped(part: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part)
  } catch {
    throw fault('its user or password is not percent-encoded')
  }
}

function databaseNumber(path: string): number {
  if (path === '' || path === '/') return 0
  if (!/^\/\d{1,5}$/.test(path)) throw fault('its path is not a database number')
  return Number(path.slice(1))
}

function fault(what: string): CodedError {
  return new CodedError('bad_redis_url', `the Redis URL cannot be used: ${what}`)
}
