import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import type { ProbeRequest } from '../probe.ts'
import { type Peer, startModule, startService, startSimulated } from '../processes.ts'
import type { Bench } from '../scenario.ts'
import type { ListClientRequest } from './client.ts'
import type { ListCluster, ListClusterRequest } from './cluster.ts'

export type SiteOptions = { intervalMs: number; nodes: number; pods: number; namespacePods: number }

/** `metadataMs`: until it has the metadata of all nodes and pods. `completeMs`: to its first complete list. */
export type ColdStart = { metadataMs: number; completeMs: number }

/** Everything that a frontend works with, and somebody who asks it. */
export type Site = Omit<ListCluster, 'kubeconfig' | 'files'> & {
  cluster: Peer<ListClusterRequest>
  client: Peer<ListClientRequest>
  /** The one started last. */
  frontend(): Peer<ProbeRequest>
  /** Ends the one before; resolves to the milliseconds from the start of the process. */
  startFrontend(): Promise<ColdStart>
  stop(): Promise<void>
}

export async function prepareSite(
  { lifecycle: outer, progress }: Bench,
  options: SiteOptions,
): Promise<Site> {
  const lifecycle = createLifecycle((error) => progress(`stopping: ${String(error)}`))
  outer.add(lifecycle.stop)
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-bench-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  progress(`starting Redis and an API server with ${options.pods} pods on ${options.nodes} nodes`)
  const redis = await startRedisServer()
  lifecycle.add(redis.stop)
  const cluster = startSimulated<ListClusterRequest>('list/cluster.ts')
  lifecycle.add(cluster.stop)
  const { kubeconfig, files, ...facts } = await cluster.ask<ListCluster>({
    do: 'start',
    redisUrl: redis.url,
    ...options,
  })
  progress('committing a record of every node')
  await cluster.ask({ do: 'fill' })
  const client = startModule<ListClientRequest>('list/client.ts')
  lifecycle.add(client.stop)
  let frontend: Peer<ProbeRequest> | undefined
  lifecycle.add(() => frontend?.stop())

  async function startFrontend(): Promise<ColdStart> {
    await frontend?.stop()
    const port = await freePort()
    const { ca, cert, key, proxyCert, proxyKey } = files
    const url = `https://localhost:${port}`
    await client.ask({ do: 'target', url, ca, cert: proxyCert, key: proxyKey })
    const serving = [`--secure-port=${port}`, `--tls-cert-file=${cert}`, `--tls-private-key-file=${key}`]
    // Records do not change at rest: let none of them expire.
    const ages = [`--metric-resolution=${options.intervalMs}ms`, '--max-sample-age=1h']
    const args = ['frontend', `--kubeconfig=${kubeconfig}`, '--bind-address=127.0.0.1', ...serving, ...ages]
    const startedMs = Date.now()
    frontend = startService(args, { REDIS_URL: redis.url }, join(dir, 'frontend.log'))
    // One after the other: each answer that it is not ready takes time from the start.
    const metadataAt = await client.ask<number>({ do: 'synced' })
    const completeAt = await client.ask<number>({ do: 'first', pods: options.pods })
    return { metadataMs: metadataAt - startedMs, completeMs: completeAt - startedMs }
  }
  return {
    ...facts,
    cluster,
    client,
    startFrontend,
    frontend() {
      if (!frontend) throw new Error('no frontend was started')
      return frontend
    },
    stop: lifecycle.stop,
  }
}
