import { CodedError } from '../errors.ts'

export type HostPort = { host: string; port: number }

/** Where Redis is and how to log in. */
export type RedisAddress = {
  /** What `hosts` are: the server (one), Sentinels that know it, or some nodes of a Cluster. */
  topology: 'single' | 'sentinel' | 'cluster'
  hosts: [HostPort, ...HostPort[]]
  /** Of the primary, as Sentinels know it; empty otherwise. */
  name: string
  username: string | undefined
  password: string | undefined
  /** To log in to the Sentinels themselves, which have users of their own. */
  sentinelUsername: string | undefined
  sentinelPassword: string | undefined
  /** Database number; 0 in a Cluster. */
  db: number
  /** To every server, Sentinels included. */
  tls: boolean
}

const schemes = new Map<string, Pick<RedisAddress, 'topology' | 'tls'>>(
  (['single', 'sentinel', 'cluster'] as const).flatMap((topology) => {
    const suffix = topology === 'single' ? '' : `-${topology}`
    return [
      [`redis${suffix}`, { topology, tls: false }],
      [`rediss${suffix}`, { topology, tls: true }],
    ]
  }),
)
const form = /^([a-z-]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/
const hostPort = /^(?:\[([0-9A-Fa-f:.]+)\]|([^[\]:@%\s]+))(?::(\d{1,5}))?$/
const sentinelQuery = ['sentinel-username', 'sentinel-password']

/**
 * Reads one of these; `rediss…` for TLS, ports 6379 and (Sentinels) 26379 unless given:
 *
 *     redis://[user][:password]@host[:port][/db]
 *     redis-sentinel://[user][:password]@host[:port],…/name[/db][?sentinel-username=…&sentinel-password=…]
 *     redis-cluster://[user][:password]@host[:port],…
 *
 * Throws a CodedError `bad_redis_url`, which never shows the URL: it may hold a password.
 */
export function parseRedisUrl(text: string): RedisAddress {
  const [, scheme = '', authority = '', path = '', query = ''] = form.exec(text) ?? []
  const kind = schemes.get(scheme)
  if (!kind) throw fault(`it does not begin with one of ${[...schemes.keys()].join(', ')} and ://`)
  const at = authority.lastIndexOf('@')
  const [username, password] = login(authority.slice(0, Math.max(0, at)))
  const defaultPort = kind.topology === 'sentinel' ? 26_379 : 6_379
  const [first, ...others] = authority
    .slice(at + 1)
    .split(',')
    .map((each) => readHost(each, defaultPort))
  if (!first) throw fault('it names no host')
  if (kind.topology === 'single' && others.length > 0)
    throw fault('it names several hosts, which only redis-sentinel:// and redis-cluster:// may')
  return {
    ...kind,
    hosts: [first, ...others],
    username,
    password,
    ...readPath(kind.topology, path),
    ...readQuery(kind.topology, query),
  }
}

function login(text: string): [string | undefined, string | undefined] {
  const colon = text.indexOf(':')
  return colon < 0
    ? [unescaped(text), undefined]
    : [unescaped(text.slice(0, colon)), unescaped(text.slice(colon + 1))]
}

function unescaped(part: string): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part)
  } catch {
    throw fault('its user or password is not percent-encoded')
  }
}

function readHost(text: string, defaultPort: number): HostPort {
  if (text === '') throw fault('it names no host')
  const [, ip6, host, digits] = hostPort.exec(text) ?? []
  const name = ip6 ?? host
  const port = digits === undefined ? defaultPort : Number(digits)
  if (name === undefined || port < 1 || port > 65_535) throw fault('it does not name hosts as host[:port]')
  return { host: name, port }
}

function readPath(topology: RedisAddress['topology'], path: string): Pick<RedisAddress, 'name' | 'db'> {
  const parts = path.split('/').slice(1)
  if (topology === 'sentinel') {
    const [name = '', db = '', ...more] = parts
    if (name === '' || more.length > 0)
      throw fault('its path is not the name of a primary, as /name or /name/db')
    return { name: unescaped(name) ?? '', db: databaseNumber(db) }
  }
  const [db = '', ...more] = parts
  if (more.length > 0) throw fault('its path is not a database number')
  if (topology === 'cluster' && databaseNumber(db) !== 0) throw fault('a Cluster has only database 0')
  return { name: '', db: databaseNumber(db) }
}

function databaseNumber(text: string): number {
  if (text === '') return 0
  if (!/^\d{1,5}$/.test(text)) throw fault('its path is not a database number')
  return Number(text)
}

function readQuery(topology: RedisAddress['topology'], query: string) {
  const values = new URLSearchParams(query)
  for (const name of values.keys()) {
    if (topology !== 'sentinel' || !sentinelQuery.includes(name))
      throw fault('its query holds more than a sentinel-username and a sentinel-password')
  }
  return {
    sentinelUsername: values.get('sentinel-username') ?? undefined,
    sentinelPassword: values.get('sentinel-password') ?? undefined,
  }
}

function fault(what: string): CodedError {
  return new CodedError('bad_redis_url', `the Redis URL cannot be used: ${what}`)
}

/** For logs and errors: the hosts alone. */
export function shownAddress({ topology, hosts, name }: RedisAddress): string {
  const all = hosts.map(hostText).join(',')
  return topology === 'single'
    ? all
    : topology === 'sentinel'
      ? `${name} of Sentinels ${all}`
      : `Cluster ${all}`
}

export function hostText({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
