import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '@metrics-ring/sim/cluster'
import { freePort, type ServiceProcess, startProcess } from './process.ts'

export type DeploymentOptions = {
  cluster: Cluster
  redisUrl: string
  intervalMs: number
  /** Logs and certificates go here. */
  dir: string
  /** Further arguments of every shard and of every frontend. */
  shardArgs?: string[]
  frontendArgs?: string[]
}

/** metrics-ring installed in a simulated cluster: real processes, registered behind the aggregation layer. */
export type Deployment = {
  shards(): ServiceProcess[]
  frontends(): ServiceProcess[]
  addShard(): Promise<ServiceProcess>
  /** Resolves when the process is started; the aggregation layer hears of it when it is ready. */
  addFrontend(): Promise<ServiceProcess>
  /** Starts a killed frontend again: same port, same certificate. */
  restartFrontend(frontend: ServiceProcess): ServiceProcess
  /** Registers both APIServices once the frontends have made their certificates, which become the caBundle. */
  register(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

const service = { namespace: 'kube-system', name: 'metrics-server' }
/** How long frontends may take to start, milliseconds. */
const startMs = 30_000
const shardAccount = 'kube-system:metrics-ring-shard'
const frontendAccount = 'kube-system:metrics-ring-frontend'

export function createDeployment(options: DeploymentOptions): Deployment {
  const { cluster, dir } = options
  const shards: ServiceProcess[] = []
  const frontends: ServiceProcess[] = []
  const certDirs = new Map<number, string>()
  let shardsStarted = 0
  const common = [`--metric-resolution=${options.intervalMs}ms`, '--ring-name=demo']
  const env = { REDIS_URL: options.redisUrl }
  mkdirSync(dir, { recursive: true })

  async function addShard(): Promise<ServiceProcess> {
    const name = `shard-${shardsStarted++}`
    const port = await freePort()
    const kubeconfig = cluster.serviceAccountKubeconfig(shardAccount, name)
    const args = ['shard', `--kubeconfig=${kubeconfig}`, `--identity=${name}`, `--health-port=${port}`]
    const more = ['--health-address=127.0.0.1', '--kubelet-use-node-status-port', ...common]
    const preferred = '--kubelet-preferred-address-types=InternalIP'
    const shard = startProcess({
      name,
      port,
      env,
      args: [...args, ...more, preferred, ...(options.shardArgs ?? [])],
      logFile: join(dir, `${name}.log`),
    })
    shards.push(shard)
    void shard.exited.then(() => shards.splice(shards.indexOf(shard), 1))
    return shard
  }
  function startFrontend(name: string, port: number): ServiceProcess {
    const kubeconfig = cluster.serviceAccountKubeconfig(frontendAccount, name)
    const certDir = join(dir, `${name}-certificates`)
    certDirs.set(port, certDir)
    const args = [
      'frontend',
      `--kubeconfig=${kubeconfig}`,
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
    ]
    const frontend = startProcess({
      name,
      port,
      env,
      args: [...args, `--cert-dir=${certDir}`, ...common, ...(options.frontendArgs ?? [])],
      logFile: join(dir, `${name}.log`),
    })
    frontends.push(frontend)
    void frontend.exited.then(() => frontends.splice(frontends.indexOf(frontend), 1))
    return frontend
  }
  async function register(signal: AbortSignal) {
    const files = [...certDirs.values()].map((each) => join(each, 'apiserver.crt'))
    const deadlineMs = Date.now() + startMs
    while (!files.every((file) => existsSync(file))) {
      if (Date.now() > deadlineMs) throw new Error(`the frontends do not start; see their logs in ${dir}`)
      await sleep(100, undefined, { signal })
    }
    const caBundle = files.map((file) => readFileSync(file, 'utf8')).join('')
    for (const version of ['v1', 'v1beta1']) {
      cluster.apiserver.registerApiService({ group: 'metrics.k8s.io', version, service, caBundle })
    }
  }
  const stopEndpoints = keepEndpoints(cluster, frontends)
  return {
    shards: () => [...shards],
    frontends: () => [...frontends],
    addShard,
    addFrontend: async () => startFrontend(`frontend-${certDirs.size}`, await freePort()),
    restartFrontend: ({ name, port }) => startFrontend(name, port),
    register,
    async stop() {
      stopEndpoints()
      const all = [...shards, ...frontends]
      // A shard alone would hand its nodes over to nobody: no need to wait for it.
      for (const each of all) each.signal('SIGKILL')
      await Promise.all(all.map((each) => each.exited))
    },
  }
}

/** Plays kubelet and endpoints controller: probes /readyz and keeps the Service's endpoints. */
function keepEndpoints(cluster: Cluster, frontends: readonly ServiceProcess[]): () => void {
  const abort = new AbortController()
  let told = ''
  const loop = async () => {
    while (!abort.signal.aborted) {
      const probed = await Promise.all(
        frontends.map(async ({ port }) => ({ port, ready: await isReady(port) })),
      )
      const endpoints = probed.filter(({ ready }) => ready)
      const text = JSON.stringify(endpoints)
      if (text !== told && !abort.signal.aborted) {
        told = text
        cluster.apiserver.setEndpoints(service.namespace, service.name, endpoints)
      }
      await sleep(250, undefined, { signal: abort.signal }).catch(() => {})
    }
  }
  void loop()
  return () => abort.abort()
}

/** As a kubelet probes: no certificate shown, none verified, one second. */
function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request({
      host: '127.0.0.1',
      port,
      path: '/readyz',
      rejectUnauthorized: false,
      timeout: 1_000,
    })
    probe.once('response', (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    probe.once('timeout', () => probe.destroy(new Error('timeout')))
    probe.once('error', () => resolve(false))
    probe.end()
  })
}
