import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@metrics-ring/common/testing/free-port'
import type { Cluster } from '@metrics-ring/sim/cluster'
import { lastWords, type ServiceProcess, startProcess } from './process.ts'

export type DeploymentOptions = {
  cluster: Cluster
  redisUrl: string
  intervalMs: number
  /** Logs and certificates go here. */
  dir: string
  /** Further arguments of every shard and of every frontend. */
  shardArgs?: string[]
  frontendArgs?: string[]
  /** Of every process, besides ours. */
  env?: Record<string, string>
  /** Where the first frontend serves the status page; nobody does by default. */
  adminPort?: number
}

/** metrics-ring installed in a simulated cluster: real processes, registered behind the aggregation layer. */
export type Deployment = {
  shards(): ServiceProcess[]
  /** All that serve, a standalone process among them. */
  frontends(): ServiceProcess[]
  addShard(): Promise<ServiceProcess>
  /** Resolves when the process is started; the aggregation layer hears of it when it is ready. */
  addFrontend(): Promise<ServiceProcess>
  /** Both tiers in one process, beside no other. */
  addStandalone(): Promise<ServiceProcess>
  /** Starts a killed frontend again: same port, same certificate. */
  restartFrontend(frontend: ServiceProcess): ServiceProcess
  /** Registers both APIServices once the frontends have made their certificates, which become the caBundle. */
  register(signal: AbortSignal): Promise<void>
  /** What each process said last, for when it does not do what it should. */
  lastLogLines(): string[]
  /** Kills every process; none is started after that. */
  stop(): Promise<void>
}

const service = { namespace: 'kube-system', name: 'metrics-server' }
const firstFrontend = 'frontend-0'
/** How long frontends may take to start, milliseconds. */
const startMs = 30_000
const shardAccount = 'kube-system:metrics-ring-shard'
const frontendAccount = 'kube-system:metrics-ring-frontend'
const standaloneAccount = 'kube-system:metrics-server'
const kubeletArgs = ['--kubelet-use-node-status-port', '--kubelet-preferred-address-types=InternalIP']

export function createDeployment(options: DeploymentOptions): Deployment {
  const { cluster, dir } = options
  const shards: ServiceProcess[] = []
  const frontends: ServiceProcess[] = []
  const certDirs = new Map<number, string>()
  const logs = new Map<string, string>()
  let shardsStarted = 0
  let stopped = false
  const resolution = `--metric-resolution=${options.intervalMs}ms`
  const common = [resolution, '--ring-name=demo']
  const env = { REDIS_URL: options.redisUrl, ...options.env }
  mkdirSync(dir, { recursive: true })

  function start(name: string, port: number, args: string[], running: ServiceProcess[]): ServiceProcess {
    if (stopped) throw new Error('the deployment is stopped')
    const logFile = join(dir, `${name}.log`)
    logs.set(name, logFile)
    const started = startProcess({ name, port, env, args, logFile })
    running.push(started)
    void started.exited.then(() => running.splice(running.indexOf(started), 1))
    return started
  }

  async function addShard(): Promise<ServiceProcess> {
    const name = `shard-${shardsStarted++}`
    const port = await freePort()
    const kubeconfig = cluster.serviceAccountKubeconfig(shardAccount, name)
    const args = ['shard', `--kubeconfig=${kubeconfig}`, `--identity=${name}`, `--health-port=${port}`]
    const more = ['--health-address=127.0.0.1', ...kubeletArgs, ...common, ...(options.shardArgs ?? [])]
    return start(name, port, [...args, ...more], shards)
  }
  function startServing(name: string, port: number, account: string, args: string[]): ServiceProcess {
    const certDir = join(dir, `${name}-certificates`)
    certDirs.set(port, certDir)
    const kubeconfig = `--kubeconfig=${cluster.serviceAccountKubeconfig(account, name)}`
    const { frontendArgs = [] } = options
    const isShared = frontendArgs.some((each) => each.startsWith('--serving-secret='))
    const certificate = isShared ? [] : [`--cert-dir=${certDir}`]
    const serving = ['--bind-address=127.0.0.1', `--secure-port=${port}`, ...certificate]
    return start(name, port, [...args, kubeconfig, ...serving, ...frontendArgs], frontends)
  }
  function startFrontend(name: string, port: number): ServiceProcess {
    const admin = name === firstFrontend && options.adminPort ? [`--admin-port=${options.adminPort}`] : []
    return startServing(name, port, frontendAccount, ['frontend', ...admin, ...common])
  }
  const startStandalone = (name: string, port: number) =>
    startServing(name, port, standaloneAccount, ['standalone', resolution, ...kubeletArgs])
  async function register(signal: AbortSignal) {
    const files = [...certDirs.values()].map((each) => join(each, 'apiserver.crt'))
    const deadlineMs = Date.now() + startMs
    while (!files.every((file) => existsSync(file))) {
      if (Date.now() > deadlineMs || frontends.length === 0)
        throw new Error(['the frontends do not start', ...lastLogLines()].join('\n  '))
      await sleep(100, undefined, { signal })
    }
    const caBundle = files.map((file) => readFileSync(file, 'utf8')).join('')
    for (const version of ['v1', 'v1beta1']) {
      cluster.apiserver.registerApiService({ group: 'metrics.k8s.io', version, service, caBundle })
    }
  }
  const lastLogLines = () => [...logs].map(([name, file]) => `${name}: ${lastWords(file)}`)
  const stopEndpoints = keepEndpoints(cluster, frontends)
  return {
    shards: () => [...shards],
    frontends: () => [...frontends],
    addShard,
    addFrontend: async () => startFrontend(`frontend-${certDirs.size}`, await freePort()),
    addStandalone: async () => startStandalone('standalone', await freePort()),
    restartFrontend: ({ name, port }) =>
      name === 'standalone' ? startStandalone(name, port) : startFrontend(name, port),
    register,
    lastLogLines,
    async stop() {
      stopped = true
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
