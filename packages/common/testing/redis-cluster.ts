import { freePort } from './free-port.ts'
import { ask, until } from './redis-sentinels.ts'
import { type RedisServer, type RedisServerOptions, startRedisServer } from './redis-server.ts'

/** Three primaries, each with a replica. */
export type ClusterSetup = {
  /** `redis-cluster://…`, naming all servers. */
  url: string
  servers: RedisServer[]
  /** The primary that holds the key's slot now. */
  ownerOf(key: string): Promise<RedisServer>
  /** After the key's primary was killed: resolves when all others agree on another and the Cluster is whole. */
  replaced(key: string, before: RedisServer): Promise<RedisServer>
  /** The primary of the key's slot and its replica change places, once; the new primary. */
  handOver(key: string): Promise<RedisServer>
  stop(): Promise<void>
}

const shards = 3
const slots = 16_384
/** When a server is called dead: a busy machine must not have one called so by mistake, and a failover is to be short. */
const patientMs = 60_000
const impatientMs = 1_000

/** Real processes. */
export async function startRedisCluster(options: RedisServerOptions = {}): Promise<ClusterSetup> {
  const started: RedisServer[] = []
  const stop = async () => void (await Promise.all(started.map((each) => each.stop())))
  try {
    const buses = new Map<RedisServer, number>()
    for (let i = 0; i < 2 * shards; i++) {
      const bus = await freePort()
      const server = await startRedisServer({
        ...options,
        args: [...(options.args ?? []), ...clusterArgs(bus)],
      })
      started.push(server)
      buses.set(server, bus)
    }
    await join(started, buses)
    const login = options.password === undefined ? '' : `:${encodeURIComponent(options.password)}@`
    const hosts = started.map(({ port }) => `127.0.0.1:${port}`).join(',')
    const ownerOf = (key: string) => findOwner(started, key)
    return {
      url: `redis-cluster://${login}${hosts}`,
      servers: started,
      ownerOf,
      async replaced(key, before) {
        const others = started.filter((each) => each !== before)
        await setPatience(others, impatientMs)
        await until(async () => (await agreed(others, key)) !== before && (await isWhole(others)))
        await setPatience(others, patientMs)
        return agreed(others, key)
      },
      async handOver(key) {
        const before = await ownerOf(key)
        const index = started.indexOf(before)
        const replica = started[(index + shards) % started.length] as RedisServer
        await ask(replica, 'CLUSTER', 'FAILOVER', 'TAKEOVER')
        await until(async () => (await agreed(started, key)) === replica)
        return replica
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function clusterArgs(bus: number): string[] {
  const timing = ['--cluster-node-timeout', String(patientMs), '--repl-diskless-sync-delay', '0']
  const bounds = ['--cluster-replica-validity-factor', '0', '--cluster-port', String(bus)]
  return ['--cluster-enabled', 'yes', ...timing, ...bounds]
}

async function join(servers: RedisServer[], buses: ReadonlyMap<RedisServer, number>): Promise<void> {
  const [first, ...others] = servers as [RedisServer, ...RedisServer[]]
  const share = Math.ceil(slots / shards)
  for (let i = 0; i < shards; i++) {
    const [from, to] = [i * share, Math.min((i + 1) * share, slots) - 1]
    await ask(servers[i] as RedisServer, 'CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
    await ask(servers[i] as RedisServer, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
  }
  for (const other of others) {
    await ask(first, 'CLUSTER', 'MEET', '127.0.0.1', String(other.port), String(buses.get(other)))
  }
  const ids = await Promise.all(servers.map((each) => ask(each, 'CLUSTER', 'MYID')))
  await until(async () => {
    const known = await Promise.all(servers.map((each) => ask(each, 'CLUSTER', 'NODES')))
    return known.every((text) => ids.every((id) => text.includes(id)) && !text.includes('handshake'))
  })
  for (let i = 0; i < shards; i++) {
    await ask(servers[i + shards] as RedisServer, 'CLUSTER', 'REPLICATE', String(ids[i]))
  }
  await until(async () => {
    const synced = servers
      .slice(0, shards)
      .map(async (each) => (await ask(each, 'INFO', 'replication')).includes('state=online'))
    return (await Promise.all(synced)).every(Boolean) && isWhole(servers)
  })
}

function setPatience(servers: readonly RedisServer[], ms: number): Promise<unknown> {
  return Promise.all(servers.map((each) => ask(each, 'CONFIG', 'SET', 'cluster-node-timeout', String(ms))))
}

async function isWhole(servers: readonly RedisServer[]): Promise<boolean> {
  const infos = servers.map((each) => ask(each, 'CLUSTER', 'INFO'))
  return (await Promise.all(infos)).every((text) => text.includes('cluster_state:ok'))
}

/** Whom all of these servers call the owner of the key's slot. */
async function agreed(servers: readonly RedisServer[], key: string): Promise<RedisServer> {
  const owners = await Promise.all(servers.map((each) => namedOwner(each, servers, key)))
  const [owner] = owners
  if (!owner || owners.some((each) => each !== owner)) throw new Error('they do not agree on an owner')
  return owner
}

/** A server that is the owner answers, another one names it. */
async function namedOwner(server: RedisServer, servers: readonly RedisServer[], key: string) {
  const answer = await ask(server, 'EXISTS', key).catch((error: Error) => error.message)
  if (/^[01]$/.test(answer)) return server
  const [, port] = /^MOVED \d+ \S*:(\d+)$/.exec(answer) ?? []
  return servers.find((each) => each.port === Number(port))
}

async function findOwner(servers: readonly RedisServer[], key: string): Promise<RedisServer> {
  for (const server of servers) {
    const owner = await namedOwner(server, servers, key)
    if (owner && (await ask(owner, 'EXISTS', key).catch(() => ''))) return owner
  }
  throw new Error('nobody holds the slot')
}
