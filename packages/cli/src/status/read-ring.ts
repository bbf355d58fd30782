import { realClock } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { createLeaseApi } from '@metrics-ring/shard/ring/leases'
import type { LeaseView } from '@metrics-ring/shard/ring/members'
import { type RingStatus, ringStatus } from './status-ring.ts'

export type RingSource = {
  leaseNamespace: string
  ringName: string
  intervalMs: number
  /** How many of the longest unscraped nodes are told. */
  worst: number
  /** Label selector over Nodes; all of them unless given. */
  nodeSelector?: string
}

/** The ring as the Leases and the store show it now. */
export async function readRing(
  source: RingSource,
  kube: KubeClient,
  store: Pick<SampleStore, 'time' | 'freshness'>,
): Promise<RingStatus> {
  const [leases, nodes] = await Promise.all([
    readLeases(source, kube),
    readNodeNames(kube, source.nodeSelector),
  ])
  const freshness = await store.freshness(nodes)
  const storeMs = await store.time()
  const { intervalMs, worst } = source
  return ringStatus({ leases, nodes, freshness, storeMs, wallMs: Date.now(), intervalMs, worst })
}

/** The Leases of the shards, as new as the API server has them. */
export function readLeases(
  { leaseNamespace: namespace, ringName }: Pick<RingSource, 'leaseNamespace' | 'ringName'>,
  client: KubeClient,
): Promise<LeaseView[]> {
  const reader = { shard: 'status', holder: 'status', leaseMs: 0, requestMs: 10_000 }
  const api = createLeaseApi({ ...reader, client, clock: realClock, wallMs: Date.now, namespace, ringName })
  return api.list('0')
}

/** @param selector label selector; empty: all */
export async function readNodeNames(kube: KubeClient, selector = ''): Promise<string[]> {
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
  const query = new URLSearchParams({ resourceVersion: '0', ...(selector && { labelSelector: selector }) })
  const { status, body } = await kube.request('GET', `/api/v1/nodes?${query}`, { accept })
  if (status !== 200) throw new Error(`the API server answered ${status} to a list of Nodes`)
  const { items } = body as { items: { metadata: { name: string } }[] }
  return items.map(({ metadata }) => metadata.name)
}
