import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText } from '@metrics-ring/common/errors'
import { flagsHelp } from '@metrics-ring/common/flags'
import { createLifecycle, type Lifecycle } from '@metrics-ring/common/lifecycle'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Cluster, startCluster } from '@metrics-ring/sim/cluster'
import { readTop } from './complete.ts'
import { type DemoConfig, demoFlags, readDemoConfig } from './demo-config.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { createKubectl, type Kubectl } from './kubectl.ts'
import { watchDemo } from './watch-demo.ts'

/** `metrics-ring demo`: everything there is, in a simulated cluster, until Ctrl-C (or, with --once, complete data). */
export async function runDemo(argv: readonly string[]): Promise<void> {
  const { config, faults, help } = readDemoConfig(argv)
  if (help) return void process.stdout.write(`Usage: metrics-ring demo [flags]\n\n${flagsHelp(demoFlags)}\n`)
  if (faults.length > 0) {
    process.stderr.write(faults.map((fault) => `metrics-ring demo: ${fault}\n`).join(''))
    process.exitCode = 2
    return
  }
  const lifecycle = createLifecycle((error) => say(`stopping: ${errorText(error)}`))
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => abort.abort())
  try {
    const running = await startAll(config, lifecycle, abort.signal)
    if (config.story) await tellStory(running, config, abort.signal)
    else if (config.once) await printOnce(running, config, abort.signal)
    else await watchDemo(running, config, abort)
  } catch (error) {
    if (!abort.signal.aborted) {
      say(errorText(error))
      process.exitCode = 1
    }
  } finally {
    await lifecycle.stop()
  }
  process.exit()
}

export type Running = { cluster: Cluster; deployment: Deployment; kubectl: Kubectl; dir: string }

async function startAll(config: DemoConfig, lifecycle: Lifecycle, signal: AbortSignal): Promise<Running> {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-demo-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  let { redisUrl } = config
  if (!redisUrl) {
    say('starting a private redis-server …')
    const redis = await startRedisServer()
    lifecycle.add(redis.stop)
    redisUrl = redis.url
  }
  say(`starting a simulated cluster: ${config.nodes} nodes with ${config.podsPerNode} pods each …`)
  const cluster = await startCluster({
    nodes: config.nodes,
    podsPerNode: config.podsPerNode,
    intervalMs: config.intervalMs,
    sampling: config.sampling,
    ...(config.seed === undefined ? {} : { seed: config.seed }),
  })
  lifecycle.add(cluster.close)
  say(`seed ${cluster.model.seed}`)
  const kubectl = await createKubectl(cluster.kubeconfigPath)
  say(`starting ${config.shards} shards and ${config.frontends} frontends …`)
  const deployment = createDeployment({ cluster, redisUrl, intervalMs: config.intervalMs, dir })
  lifecycle.add(deployment.stop)
  for (let i = 0; i < config.frontends; i++) await deployment.addFrontend()
  for (let i = 0; i < config.shards; i++) await deployment.addShard()
  await deployment.register(signal)
  say('registered v1.metrics.k8s.io and v1beta1.metrics.k8s.io; waiting for data …')
  return { cluster, deployment, kubectl, dir }
}

async function tellStory({ cluster }: Running, config: DemoConfig, signal: AbortSignal): Promise<void> {
  const { tellHpaStory } = await import('./story-hpa.ts')
  const write = (text: string) => void process.stdout.write(text)
  const good = await tellHpaStory({ cluster, intervalMs: config.intervalMs, signal, write })
  if (!good) process.exitCode = 1
}

async function printOnce(
  { cluster, kubectl }: Running,
  config: DemoConfig,
  signal: AbortSignal,
): Promise<void> {
  const startedMs = Date.now()
  for (;;) {
    const top = await readTop(kubectl, cluster)
    const tookMs = Date.now() - startedMs
    if (top.missing.length === 0) {
      process.stdout.write(config.json ? summary(cluster, tookMs) : `${top.nodes}${top.pods}`)
      return
    }
    if (tookMs > config.timeoutMs || signal.aborted) throw new Error(`incomplete: ${top.missing.join('; ')}`)
    await sleep(500)
  }
}

function summary(cluster: Cluster, tookMs: number): string {
  const pods = cluster.model.pods().filter(({ phase }) => phase === 'Running').length
  const nodes = cluster.model.nodes().length
  return `${JSON.stringify({ nodes, pods, completeAfterMs: tookMs, seed: cluster.model.seed })}\n`
}

/** Progress; stdout is for what was asked for. */
function say(text: string): void {
  process.stderr.write(`demo: ${text}\n`)
}
