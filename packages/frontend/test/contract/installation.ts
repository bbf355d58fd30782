import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDeployment, type Deployment } from '@metrics-ring/cli/demo/deployment'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Cluster, type ClusterOptions, startCluster } from '@metrics-ring/sim/cluster'
import { createKubectl, type Kubectl } from './kubectl.ts'

export type InstallationOptions = Partial<ClusterOptions> & {
  shards?: number
  frontends?: number
  intervalMs?: number
  frontendArgs?: string[]
  /** Changes the cluster before anything is scraped. */
  prepare?(cluster: Cluster): void
}

/** metrics-ring in a simulated cluster, with every node and running pod served. */
export type Installation = {
  cluster: Cluster
  deployment: Deployment
  redis: RedisServer
  intervalMs: number
  /** Removed at the end. */
  dir: string
  kubectl: Kubectl
  /** Resolves when every node and running pod is served. */
  complete(): Promise<void>
  /** Ends the shards: from now on the same samples are served, for an hour. */
  freeze(): Promise<void>
  stop(): Promise<void>
}

const completeMs = 60_000

export async function startInstallation(options: InstallationOptions = {}): Promise<Installation> {
  const { shards = 1, frontends = 2, intervalMs = 3_000, frontendArgs = [], prepare, ...rest } = options
  const lifecycle = createLifecycle((error) => process.stderr.write(`${error}\n`))
  try {
    const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-contract-'))
    lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
    const redis = await startRedisServer()
    lifecycle.add(redis.stop)
    const cluster = await startCluster({ nodes: 3, podsPerNode: 5, intervalMs, ...rest })
    lifecycle.add(cluster.close)
    prepare?.(cluster)
    const deployment = createDeployment({
      cluster,
      redisUrl: redis.url,
      intervalMs,
      dir: join(dir, 'services'),
      frontendArgs: ['--max-sample-age=1h', ...frontendArgs],
    })
    lifecycle.add(deployment.stop)
    for (let n = 0; n < frontends; n++) await deployment.addFrontend()
    for (let n = 0; n < shards; n++) await deployment.addShard()
    await deployment.register(AbortSignal.timeout(completeMs))
    const kubectl = await createKubectl({ kubeconfig: cluster.kubeconfigPath, cacheDir: dir })
    const complete = () => waitUntilComplete(cluster, kubectl)
    await complete()
    return {
      cluster,
      deployment,
      redis,
      intervalMs,
      dir,
      kubectl,
      complete,
      async freeze() {
        const all = deployment.shards()
        for (const each of all) each.signal('SIGKILL')
        await Promise.all(all.map((each) => each.exited))
        // What was committed last is on its way to the frontends.
        await sleep(1_500)
      },
      stop: lifecycle.stop,
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

async function waitUntilComplete(cluster: Cluster, kubectl: Kubectl): Promise<void> {
  const deadlineMs = Date.now() + completeMs
  for (;;) {
    const missing = await missingItems(cluster, kubectl)
    if (missing.length === 0) return
    if (Date.now() > deadlineMs) throw new Error(`not served: ${missing.join(', ')}`)
    await sleep(300)
  }
}

async function missingItems(cluster: Cluster, kubectl: Kubectl): Promise<string[]> {
  const { model } = cluster
  const running = model.pods().filter(({ phase }) => phase === 'Running')
  const wanted = {
    nodes: model.nodes().map(({ name }) => name),
    pods: running.map(({ namespace, name }) => `${namespace}/${name}`),
  }
  const missing: string[] = []
  for (const resource of ['nodes', 'pods'] as const) {
    const { stdout, stderr, code } = await kubectl('get', '--raw', `/apis/metrics.k8s.io/v1beta1/${resource}`)
    if (code !== 0) return [stderr.trim()]
    const { items } = JSON.parse(stdout) as { items: { metadata: { name: string; namespace?: string } }[] }
    const served = new Set(
      items.map(({ metadata: { name, namespace } }) => (namespace ? `${namespace}/${name}` : name)),
    )
    missing.push(...wanted[resource].filter((name) => !served.has(name)))
  }
  return missing
}
