import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lifecycle } from '@metrics-ring/common/lifecycle'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { type Cluster, startCluster } from '@metrics-ring/sim/cluster'
import type { DemoConfig } from './demo-config.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { createKubectl, type Kubectl } from './kubectl.ts'

export type Running = {
  cluster: Cluster
  deployment: Deployment
  kubectl: Kubectl
  /** The status page. */
  pageUrl: string
  /** Of the private Redis; empty where another one is used. */
  redisUrl: string
}

/** Starts it all; `lifecycle` ends it. Rejects when `signal` aborts. */
export async function startDemo(
  config: DemoConfig,
  lifecycle: Lifecycle,
  signal: AbortSignal,
): Promise<Running> {
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

/** Progress; stdout is for what was asked for. */
export function say(text: string): void {
  process.stderr.write(`demo: ${text}\n`)
}
