import { realClock } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { Freshness, SampleStore } from '@metrics-ring/common/store/store'
import { createLeaseApi } from '@metrics-ring/shard/ring/leases'
import type { LeaseView } from '@metrics-ring/shard/ring/members'
import { type RingStatus, ringStatus } from './status-ring.ts'

export type RingSource = {
  leaseNamespace: string
  ringName: string
  intervalMs: number
  /** How many of the longest unscraped nodes are told. */
  worst: number
  /** Node to tell of, whatever its age. */
  asked?: string
  /** Label selector over Nodes; all of them unless given. */
  nodeSelector?: string
}

type Store = Pick<SampleStore, 'time' | 'freshness' | 'failures'>

/** The ring as the Leases and the store show it now. */
export async function readRing(source: RingSource, kube: KubeClient, store: Store): Promise<RingStatus> {
  return (await lookAtRing(source, kube, store)).ring
}

/** The same, and what the store said. */
export async function lookAtRing(source: RingSource, kube: KubeClient, store: Store) {
  const { intervalMs, worst, asked } = source
  const [leases, nodes] = await Promise.all([
    readLeases(source, kube),
    readNodeNames(kube, source.nodeSelector),
  ])
  const freshness = await store.freshness(nodes)
  const storeMs = await store.time()
  const failures = await store.failures(nodes.filter((node) => mayFail(freshness.get(node), intervalMs)))
  const input = { leases, nodes, freshness, failures, storeMs, wallMs: Date.now(), intervalMs, worst }
  return { ring: ringStatus(asked === undefined ? input : { ...input, asked }), freshness, storeMs }
}

/** A commit counts as an attempt too: only a later one can have failed. */
function mayFail(last: Freshness | undefined, intervalMs: number): boolean {
  return last?.triedMs !== undefined && last.triedMs > last.atMs + last.tookMs + intervalMs / 3
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
