import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDeployment, type Deployment } from '@metrics-ring/cli/demo/deployment'
import type { ServiceProcess } from '@metrics-ring/cli/demo/process'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { type Cluster, startCluster } from '@metrics-ring/sim/cluster'
import { type Peer, startPeer } from '../processes.ts'
import type { Bench } from '../scenario.ts'
import { type AgeWatch, watchAges } from './ages.ts'
import type { ListerRequest } from './lister.ts'
import { createPods, type Pods } from './pods.ts'
import { type RedisTopology, type SiteRedis, startRedis } from './redis.ts'
import { untilComplete, untilReady } from './wait.ts'

export type SiteOptions = {
  nodes: number
  podsPerNode: number
  shards: number
  frontends: number
  intervalMs: number
  sampling: 'cadvisor' | 'cri'
  /** How shards show kubelets who they are. */
  credentials: 'certificate' | 'token'
  redis: RedisTopology
}

/**
 * Everything a fault is inflicted on. The simulated cluster is in this process: it is light, and ours are processes of
 * their own, so that killing and pausing them does not touch what counts.
 */
export type Site = {
  options: SiteOptions
  cluster: Cluster
  redis: SiteRedis
  deployment: Deployment
  lister: Peer<ListerRequest>
  pods: Pods
  ages: AgeWatch
  bench: Bench
  /** The frontend that is not running: its port and certificate are there for the next one. */
  spare: ServiceProcess
  /** Lists go through the aggregation layer, or, while there is no API server, to the frontends themselves. */
  listThrough(what: 'aggregator' | 'frontends'): Promise<void>
  stop(): Promise<void>
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

export async function startSite(bench: Bench, options: SiteOptions): Promise<Site> {
  const { progress } = bench
  const lifecycle = createLifecycle((error) => progress(`stopping: ${String(error)}`))
  bench.lifecycle.add(lifecycle.stop)
  const { nodes, podsPerNode, intervalMs, sampling } = options
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-chaos-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  progress(
    `starting Redis (${options.redis}) and ${nodes} kubelets with ${podsPerNode} pods each; logs in ${dir}`,
  )
  const redis = await startRedis(options.redis)
  lifecycle.add(redis.stop)
  const cluster = await startCluster({
    nodes,
    podsPerNode,
    intervalMs,
    sampling,
    seed: 1,
    aggregatorRouting: true,
  })
  lifecycle.add(cluster.close)
  const shardArgs = options.credentials === 'certificate' ? await kubeletCertificate(cluster, dir) : []
  const deployment = createDeployment({ cluster, redisUrl: redis.url, intervalMs, dir, shardArgs })
  lifecycle.add(deployment.stop)
  const spare = await deploy(deployment, options)

  const lister = startPeer<ListerRequest>(fileURLToPath(new URL('lister.ts', import.meta.url)))
  lifecycle.add(lister.stop)
  const listThrough = await listing(cluster, deployment, lister)
  await listThrough('aggregator')
  const pods = createPods(cluster, lister, intervalMs)
  const store = createRedisStore({
    url: redis.url,
    ringName: 'demo',
    intervalMs,
    onBadRecord() {},
    log: silent,
  })
  lifecycle.add(() => store.close())
  const ages = watchAges(store, () => cluster.model.nodes().map(({ name }) => name), intervalMs)
  lifecycle.add(ages.stop)
  const { stop } = lifecycle
  const site = { options, cluster, redis, deployment, lister, pods, ages, bench, spare, listThrough, stop }
  progress('waiting for every pod to be served')
  await untilComplete(site)
  return site
}

/**
 * A kubelet asks the API server about a token, and again two minutes later: without an API server it refuses everybody
 * who comes with one. A certificate it verifies itself.
 */
async function kubeletCertificate(cluster: Cluster, dir: string): Promise<string[]> {
  const commonName = 'system:serviceaccount:kube-system:metrics-ring-shard'
  const { certPem, keyPem } = await cluster.clusterCa.issue({ commonName, usages: ['clientAuth'] })
  const [cert, key] = [join(dir, 'kubelet-client.crt'), join(dir, 'kubelet-client.key')]
  writeFileSync(cert, certPem)
  writeFileSync(key, keyPem, { mode: 0o600 })
  return [`--kubelet-client-certificate=${cert}`, `--kubelet-client-key=${key}`]
}

/** One frontend more than asked for is registered, and ended again: a rollout needs its place. */
async function deploy(deployment: Deployment, { shards, frontends }: SiteOptions): Promise<ServiceProcess> {
  for (let i = 0; i <= frontends; i++) await deployment.addFrontend()
  for (let i = 0; i < shards; i++) await deployment.addShard()
  await deployment.register(AbortSignal.timeout(60_000))
  await untilReady([...deployment.shards(), ...deployment.frontends()], 120_000)
  const spare = deployment.frontends().at(-1)
  if (!spare) throw new Error('no frontend has started')
  spare.signal('SIGTERM')
  await spare.exited
  return spare
}

async function listing(cluster: Cluster, deployment: Deployment, lister: Peer<ListerRequest>) {
  const user = { commonName: 'kubernetes-admin', organizations: ['system:masters'] }
  const issued = await cluster.clusterCa.issue({ ...user, usages: ['clientAuth'] })
  const { certPem: cert, keyPem: key } = issued
  return async (what: 'aggregator' | 'frontends') => {
    if (what === 'aggregator')
      await lister.ask({ do: 'ask', urls: [cluster.url], cert, key, ca: cluster.clusterCa.certPem })
    else {
      const urls = deployment.frontends().map(({ port }) => `https://127.0.0.1:${port}`)
      await lister.ask({ do: 'ask', urls, cert, key })
    }
  }
}
