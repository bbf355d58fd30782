import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorText } from '@metrics-ring/common/errors'
import { createLifecycle, type Lifecycle } from '@metrics-ring/common/lifecycle'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Cluster, startCluster } from '@metrics-ring/sim/cluster'
import { type DemoConfig, demoHelp, readDemoConfig } from './demo-config.ts'
import { printOnce } from './demo-once.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { createKubectl, type Kubectl } from './kubectl.ts'
import { freePort } from './process.ts'
import { watchDemo } from './watch-demo.ts'

/**
 * `metrics-ring demo`: everything there is, in a simulated cluster, until Ctrl-C (or, with --once, complete data).
 * Whatever ends it, everything it started is stopped and removed.
 */
export async function runDemo(argv: readonly string[]): Promise<void> {
  const { config, faults, help } = readDemoConfig(argv)
  if (help) return void process.stdout.write(demoHelp)
  if (faults.length > 0) {
    process.stderr.write(faults.map((fault) => `metrics-ring demo: ${fault}\n`).join(''))
    process.exitCode = 2
    return
  }
  const lifecycle = createLifecycle((error) => say(`stopping: ${errorText(error)}`))
  const abort = abortOnSignals()
  try {
    await perform(await startAll(config, lifecycle, abort.signal), config, abort)
  } catch (error) {
    if (!abort.signal.aborted) {
      say(errorText(error))
      process.exitCode = 1
    } else if (typeof abort.signal.reason === 'number') process.exitCode = abort.signal.reason
  } finally {
    await lifecycle.stop()
  }
  process.exit()
}

/** The reason is the exit code for what a signal leaves undone. */
function abortOnSignals(): AbortController {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => abort.abort(128 + constants.signals[signal]))
  }
  return abort
}

async function perform(running: Running, config: DemoConfig, abort: AbortController): Promise<void> {
  if (config.story) return tellStory(running, config, abort.signal)
  if (config.once) return printOnce(running, config, abort.signal)
  await watchDemo(running, config, abort)
  say('stopped; nothing is left running')
}

export type Running = {
  cluster: Cluster
  deployment: Deployment
  kubectl: Kubectl
  /** The status page. */
  pageUrl: string
  /** Of the private Redis; empty where another one is used. */
  redisUrl: string
}

async function startAll(config: DemoConfig, lifecycle: Lifecycle, signal: AbortSignal): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-demo-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  const redisUrl = config.redisUrl ?? (await startRedis(lifecycle))
  signal.throwIfAborted()
  say(`starting a simulated cluster of ${config.nodes} nodes with ${config.podsPerNode} pods each …`)
  const { nodes, podsPerNode, intervalMs, sampling, seed } = config
  const options = { nodes, podsPerNode, intervalMs, sampling, dir }
  const cluster = await startCluster(seed === undefined ? options : { ...options, seed })
  lifecycle.add(cluster.close)
  const kubectl = await createKubectl(cluster.kubeconfigPath)
  signal.throwIfAborted()
  say(`starting ${config.shards} shards and ${config.frontends} frontends (seed ${cluster.model.seed}) …`)
  const adminPort = await freePort()
  const deployment = createDeployment({ cluster, redisUrl, intervalMs, dir, adminPort })
  lifecycle.add(deployment.stop)
  for (let i = 0; i < config.frontends; i++) await deployment.addFrontend()
  for (let i = 0; i < config.shards; i++) await deployment.addShard()
  await deployment.register(signal)
  say('registered v1.metrics.k8s.io and v1beta1.metrics.k8s.io; waiting for data …')
  const pageUrl = `http://127.0.0.1:${adminPort}/ring`
  say(`status page: ${pageUrl}`)
  return { cluster, deployment, kubectl, pageUrl, redisUrl: config.redisUrl === undefined ? redisUrl : '' }
}

async function startRedis(lifecycle: Lifecycle): Promise<string> {
  say('starting a private redis-server …')
  const redis = await startRedisServer()
  lifecycle.add(redis.stop)
  return redis.url
}

async function tellStory({ cluster }: Running, config: DemoConfig, signal: AbortSignal): Promise<void> {
  const { tellHpaStory } = await import('../story/hpa.ts')
  const write = (text: string) => void process.stdout.write(text)
  const good = await tellHpaStory({ cluster, intervalMs: config.intervalMs, signal, write })
  if (!good) process.exitCode = 1
}

/** Progress; stdout is for what was asked for. */
function say(text: string): void {
  process.stderr.write(`demo: ${text}\n`)
}
