import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDeployment, type Deployment } from '@metrics-ring/cli/demo/deployment'
import { createKubectl, type Kubectl } from '@metrics-ring/cli/demo/kubectl'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Cluster, type ClusterOptions, startCluster } from '@metrics-ring/sim/cluster'
import { type ApiClient, connectApi } from './api-client.ts'

/** W of every whole-system test, milliseconds. */
export const intervalMs = 3_000

export type InstallOptions = Pick<ClusterOptions, 'nodes' | 'podsPerNode' | 'sampling' | 'seed'> & {
  shards: number
  /** 0: nothing is registered, and there is no API to ask. */
  frontends: number
  /** Both tiers in one process, which needs no Redis and gets none. */
  standalone?: boolean
  /** How the services reach Redis; straight by default. */
  redisUrl?: string
  /** More arguments of redis-server. */
  redisArgs?: readonly string[]
  frontendArgs?: string[]
  /** Of every process of ours. */
  env?: Record<string, string>
}

/** metrics-ring as real processes in a simulated cluster, with a Redis of its own. */
export type Installation = {
  cluster: Cluster
  redis: RedisServer
  deployment: Deployment
  kubectl: Kubectl
  /** The API server, asked as a cluster administrator. */
  api: ApiClient
  stop(): Promise<void>
}

/** Starts everything; what has started is stopped again when the rest fails. */
export async function install(options: InstallOptions): Promise<Installation> {
  const lifecycle = createLifecycle((error) => console.error(error))
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-whole-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  try {
    const redis = await startRedisServer({ args: options.redisArgs ?? [] })
    lifecycle.add(redis.stop)
    const cluster = await startCluster({ ...options, intervalMs })
    lifecycle.add(cluster.close)
    console.log(`    seed ${cluster.model.seed} (${options.nodes} nodes, ${options.shards} shards)`)
    const { redisUrl = redis.url, frontendArgs = [], env = {} } = options
    const deployment = createDeployment({ cluster, redisUrl, intervalMs, dir, frontendArgs, env })
    lifecycle.add(deployment.stop)
    for (let i = 0; i < options.frontends; i++) await deployment.addFrontend()
    for (let i = 0; i < options.shards; i++) await deployment.addShard()
    if (options.standalone) await Promise.all([deployment.addStandalone(), redis.kill()])
    const api = await connectApi(cluster)
    lifecycle.add(api.close)
    if (deployment.frontends().length > 0) await deployment.register(AbortSignal.timeout(60_000))
    const kubectl = await createKubectl(cluster.kubeconfigPath)
    return { cluster, redis, deployment, kubectl, api, stop: lifecycle.stop }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

/** Asks again and again until `missing` is empty; rejects with what still is when the time is over. */
export async function until(
  missing: () => string[] | Promise<string[]>,
  withinMs: number,
  everyMs = 100,
): Promise<number> {
  const startedMs = Date.now()
  for (;;) {
    const left = await missing()
    const tookMs = Date.now() - startedMs
    if (left.length === 0) return tookMs
    if (tookMs > withinMs) throw new Error(`after ${tookMs} ms: ${left.slice(0, 5).join('; ')}`)
    await sleep(everyMs)
  }
}

/** Resolves when every node and every running pod is in the API's answers. */
export async function complete({ cluster, api }: Installation, withinMs = 60_000): Promise<void> {
  await until(async () => {
    const [nodes, pods] = await Promise.all([api.names('nodes'), api.names('pods')])
    return [...lacking(wantedNodes(cluster), nodes), ...lacking(wantedPods(cluster), pods)]
  }, withinMs)
}

export function wantedNodes({ model }: Cluster): string[] {
  return model.nodes().map(({ name }) => name)
}

/** As `namespace/name`. */
export function wantedPods({ model }: Cluster): string[] {
  const running = model.pods().filter(({ phase }) => phase === 'Running')
  return running.map(({ namespace, name }) => `${namespace}/${name}`)
}

export function lacking(wanted: readonly string[], found: ReadonlySet<string>): string[] {
  return wanted.filter((each) => !found.has(each))
}

export type Ring = {
  shard: string
  members: string[]
  own: number
  retained: number
  adopted: number
  nodes: { node: string; claim: string }[]
}

/** What each shard process says of the ring. */
export function rings({ deployment }: Installation): Promise<Ring[]> {
  return Promise.all(
    deployment.shards().map(async ({ port }) => {
      const signal = AbortSignal.timeout(2_000)
      return (await (await fetch(`http://127.0.0.1:${port}/debug/ring`, { signal })).json()) as Ring
    }),
  )
}

/** Resolves when all shards agree on the ring, every node has one owner, and nobody covers for anybody. */
export async function settled(installation: Installation, withinMs = 60_000): Promise<Ring[]> {
  let found: Ring[] = []
  await until(async () => {
    const nodes = wantedNodes(installation.cluster)
    found = await rings(installation).catch(() => [])
    return unsettled(found, installation.deployment.shards().length, nodes)
  }, withinMs)
  return found
}

function unsettled(found: readonly Ring[], shards: number, nodes: readonly string[]): string[] {
  const owned = found.flatMap((ring) => ring.nodes.filter(({ claim }) => claim === 'own'))
  const names = new Set(owned.map(({ node }) => node))
  return [
    ...(found.length === shards ? [] : ['a shard does not answer']),
    ...found.filter(({ members }) => members.length !== shards).map(({ shard }) => `the ring of ${shard}`),
    ...found.filter((ring) => ring.retained + ring.adopted > 0).map(({ shard }) => `${shard} covers`),
    ...lacking(nodes, names).map((node) => `nobody owns ${node}`),
    ...(owned.length > nodes.length ? ['a node has two owners'] : []),
  ]
}

/** The last lines of every process' log, for a test that fails. */
export function lastLogs({ deployment }: Installation, lines = 8): string {
  return [...deployment.shards(), ...deployment.frontends()]
    .map(({ name, logFile }) => {
      const text = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines)
      return `${name}:\n  ${text.join('\n  ')}`
    })
    .join('\n')
}
