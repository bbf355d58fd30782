import { realClock, sleep } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { silentLog } from '@metrics-ring/common/log'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { createLeaseApi } from '@metrics-ring/shard/ring/leases'
import { readStatusConfig, type StatusConfig, statusHelp } from './status-config.ts'
import { drawStatus, type RingStatus, ringStatus } from './status-ring.ts'

const watchMs = 2_000

/** `metrics-ring status`: the ring, once or again and again. */
export async function runStatus(argv: readonly string[]): Promise<void> {
  const { config, faults, help } = readStatusConfig(argv, process.env)
  if (help) return void process.stdout.write(statusHelp)
  if (faults.length > 0) {
    process.stderr.write(`${faults.map((fault) => `metrics-ring status: ${fault}`).join('\n')}\n`)
    process.exitCode = 2
    return
  }
  const { kubeconfig, ringName, redis, intervalMs } = config
  const kube = createKubeClient(await loadKubeConfig(kubeconfig, process.env))
  const store = createRedisStore({
    url: redis.url,
    tlsFiles: redis.tls,
    ringName,
    intervalMs,
    onBadRecord: () => {},
    log: silentLog,
  })
  try {
    do {
      await show(config, kube, store)
      if (config.watch) await sleep(realClock, watchMs)
    } while (config.watch)
  } finally {
    await Promise.all([kube.close(), store.close()])
  }
}

async function show(config: StatusConfig, kube: KubeClient, store: SampleStore): Promise<void> {
  try {
    const status = await readRing(config, kube, store)
    const text = config.json ? JSON.stringify(status) : drawStatus(status)
    process.stdout.write(`${config.watch && process.stdout.isTTY ? '\x1b[2J\x1b[H' : ''}${text}\n`)
    process.exitCode = status.late > 0 ? 1 : 0
  } catch (error) {
    process.stderr.write(`metrics-ring status: ${errorText(error)}\n`)
    process.exitCode = 1
  }
}

async function readRing(config: StatusConfig, kube: KubeClient, store: SampleStore): Promise<RingStatus> {
  const storeMs = await untilConnected(store)
  const [leases, nodes, { nodes: freshness }] = await Promise.all([
    readLeases(config, kube),
    readNodeNames(kube),
    // Older than nothing: all of them.
    store.overdue(0, []),
  ])
  const { intervalMs, worst } = config
  return ringStatus({ leases, nodes, freshness, storeMs, wallMs: Date.now(), intervalMs, worst })
}

/** The connection is made in the background: what fails at once is tried again for a moment. */
async function untilConnected(store: SampleStore): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      return await store.time()
    } catch (error) {
      if (tries === 20) throw error
      await sleep(realClock, 100)
    }
  }
}

function readLeases({ leaseNamespace: namespace, ringName }: StatusConfig, client: KubeClient) {
  const reader = { shard: 'status', holder: 'status', leaseMs: 0, requestMs: 10_000 }
  const api = createLeaseApi({ ...reader, client, clock: realClock, wallMs: Date.now, namespace, ringName })
  return api.list('0')
}

async function readNodeNames(kube: KubeClient): Promise<string[]> {
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
  const { status, body } = await kube.request('GET', '/api/v1/nodes?resourceVersion=0', { accept })
  if (status !== 200) throw new Error(`the API server answered ${status} to a list of Nodes`)
  const { items } = body as { items: { metadata: { name: string } }[] }
  return items.map(({ metadata }) => metadata.name)
}
