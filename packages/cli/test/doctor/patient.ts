import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { createDeployment, type Deployment } from '@metrics-ring/cli/demo/deployment'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import type { KubeObject } from '@metrics-ring/sim/apiserver/objects'
import { findResource } from '@metrics-ring/sim/apiserver/resources'
import { type Cluster, startCluster } from '@metrics-ring/sim/cluster'
import { kustomizeText, parse } from '../../../../k8s/test/render.ts'
import { diagnose } from '../../src/doctor/doctor.ts'
import type { Report } from '../../src/doctor/report.ts'

export const intervalMs = 3_000

/** metrics-ring as its manifests install it, in a simulated cluster: something to break, and to mend. */
export type Patient = {
  cluster: Cluster
  redis: RedisServer
  deployment: Deployment
  /** What the doctor is told: nothing but where things are. */
  flags: string[]
  examine(...more: string[]): Promise<Report>
  /** A stored object; throws where there is none. */
  object(group: string, resource: string, key: string): KubeObject
  /** Changes an object as somebody with all rights would; returns what puts it back. */
  change(object: KubeObject): () => void
  remove(object: KubeObject): () => void
  redisCli(...args: string[]): Promise<string>
  /** Resolves when the doctor finds nothing. */
  healthy(withinMs?: number): Promise<Report>
  stop(): Promise<void>
}

/** What the simulated cluster grants to our accounts before anything is installed. */
const granted = [
  ['clusterrolebindings', 'system:metrics-ring-shard'],
  ['clusterrolebindings', 'system:metrics-ring-frontend'],
  ['clusterrolebindings', 'system:auth-delegator'],
  ['rolebindings', 'kube-system/extension-apiserver-authentication-reader'],
  ['rolebindings', 'kube-system/metrics-ring-leases'],
] as const

export async function startPatient(): Promise<Patient> {
  const lifecycle = createLifecycle((error) => console.error(error))
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-doctor-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  try {
    const redis = await startRedisServer()
    lifecycle.add(redis.stop)
    const cluster = await startCluster({ nodes: 14, podsPerNode: 2, intervalMs, probeIntervalMs: 1_000 })
    lifecycle.add(cluster.close)
    console.log(`    seed ${cluster.model.seed}`)
    const { sink } = cluster.apiserver
    const object: Patient['object'] = (group, resource, key) => stored(cluster, group, resource, key)
    for (const [resource, key] of granted) sink.remove(object('rbac.authorization.k8s.io', resource, key))
    for (const manifest of parse(await kustomizeText('sharded'))) sink.apply(played(manifest))
    const frontendArgs = [
      '--serving-secret=kube-system/metrics-ring-serving',
      '--serving-services=metrics-server',
    ]
    const deployment = createDeployment({ cluster, redisUrl: redis.url, intervalMs, dir, frontendArgs })
    lifecycle.add(deployment.stop)
    for (let i = 0; i < 2; i++) await deployment.addFrontend()
    for (let i = 0; i < 2; i++) await deployment.addShard()
    const flags = [
      `--kubeconfig=${cluster.kubeconfigPath}`,
      `--redis-url=${redis.url}`,
      '--ring-name=demo',
      `--metric-resolution=${intervalMs}ms`,
    ]
    const examine: Patient['examine'] = (...more) => diagnose([...flags, ...more], {})
    return {
      cluster,
      redis,
      deployment,
      flags,
      examine,
      object,
      change(changed) {
        const before = structuredClone(storedLike(cluster, changed))
        sink.apply(changed)
        return () => (before ? sink.apply(before) : sink.remove(changed))
      },
      remove(gone) {
        sink.remove(gone)
        return () => sink.apply(gone)
      },
      async redisCli(...args) {
        const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(redis.port), ...args])
        return stdout
      },
      async healthy(withinMs = 90_000) {
        const endMs = Date.now() + withinMs
        for (;;) {
          const report = await examine()
          if (report.sound) return report
          if (Date.now() > endMs) throw new Error(JSON.stringify(report.findings, undefined, 2))
          await sleep(200)
        }
      },
      stop: lifecycle.stop,
    }
  } catch (error) {
    await lifecycle.stop()
    throw error
  }
}

/** As the controllers of a cluster would have left it: a Deployment has its replicas. */
function played(manifest: object): KubeObject {
  const object = manifest as KubeObject
  if (object.kind !== 'Deployment') return object
  const { replicas } = object.spec as { replicas: number }
  return { ...object, status: { replicas, availableReplicas: replicas } }
}

function stored({ apiserver }: Cluster, group: string, resource: string, key: string): KubeObject {
  const version = group === 'autoscaling' ? 'v2' : 'v1'
  const type = findResource(group, version, resource)
  const found = type && apiserver.storage.get(type, key)?.object
  if (!found) throw new Error(`there is no ${resource} ${key}`)
  return structuredClone(found)
}

function storedLike(cluster: Cluster, { apiVersion, kind, metadata }: KubeObject): KubeObject | undefined {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const resource = `${kind.toLowerCase()}s`
  const type = findResource(group, version, resource)
  const key = metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name
  return type && cluster.apiserver.storage.get(type, key)?.object
}
