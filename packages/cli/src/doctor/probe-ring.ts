import { realClock, sleep } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import { silentLog } from '@metrics-ring/common/log'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import type { LeaseView } from '@metrics-ring/shard/ring/members'
import { readLeases, readNodeNames, readRing } from '../status/read-ring.ts'
import type { ClockOffset } from './clocks.ts'
import type { CoverageFacts } from './coverage.ts'
import type { DoctorConfig } from './doctor-config.ts'
import { messageOf } from './probe-kube.ts'

/** Shards renew every quarter of a Lease's life; a suspect is watched for longer than that, milliseconds at most. */
const suspectShare = 0.35
const longestWatchMs = 7_000
/** Of so many late nodes it is asked why. */
const mostExplained = 20

export type RingProbe = Omit<CoverageFacts, 'ringName' | 'leaseNamespace'> & {
  clocks: ClockOffset[]
  /** Nodes whose last scrape is not late; empty where the store could not be asked. */
  covered: ReadonlySet<string>
  /** The longest unscraped, the worst first. */
  late: readonly string[]
}

/** What is asked; `store` and `api` only where they are known to answer. */
export type Asks = { leases: boolean; store: boolean; api: boolean }

export async function probeRing(config: DoctorConfig, kube: KubeClient, asks: Asks): Promise<RingProbe> {
  const [leases, nodes, stored, served] = await Promise.all([
    asks.leases ? readSilent(config, kube) : { leases: undefined, silent: new Set<string>(), clocks: [] },
    readNodeNames(kube, config.nodeSelector),
    asks.store ? readStored(config, kube) : undefined,
    asks.api ? readServed(kube) : undefined,
  ])
  const { ring, failures } = stored ?? { ring: undefined, failures: new Map() }
  const late = (ring?.worst ?? []).filter(({ ageMs = Infinity }) => ageMs > 2 * config.intervalMs)
  const lateNames = new Set(late.map(({ node }) => node))
  return {
    ...leases,
    nodes,
    ring,
    failures,
    served,
    covered: new Set(ring ? nodes.filter((node) => !lateNames.has(node)) : []),
    late: [...lateNames],
  }
}

async function readStored(config: DoctorConfig, kube: KubeClient) {
  const { ringName, intervalMs, redis = { url: '', tls: {} } } = config
  const { url, tls: tlsFiles } = redis
  const store = createRedisStore({ url, tlsFiles, ringName, intervalMs, onBadRecord() {}, log: silentLog })
  try {
    const ring = await readRing({ ...config, worst: Number.POSITIVE_INFINITY }, kube, store)
    const late = ring.worst.slice(0, Math.min(ring.late, mostExplained)).map(({ node }) => node)
    return { ring, failures: await store.failures(late) }
  } finally {
    await store.close()
  }
}

/** A Lease that looks old is watched for a while: it may be alive, and its shard's clock (or ours) off. */
async function readSilent(config: DoctorConfig, kube: KubeClient) {
  const leases = await readLeases(config, kube)
  const behindMs = (lease: LeaseView) => Date.now() - Date.parse(lease.renewTime)
  const suspects = leases.filter((lease) => behindMs(lease) > lease.durationMs)
  const clocks = leases.filter((lease) => behindMs(lease) < 0).map((lease) => shardClock(lease, behindMs))
  if (suspects.length === 0) return { leases, silent: new Set<string>(), clocks }
  const watchMs = Math.max(...suspects.map(({ durationMs }) => durationMs)) * suspectShare
  await sleep(realClock, Math.min(longestWatchMs, watchMs))
  const later = await readLeases(config, kube)
  const silent = new Set<string>()
  for (const { shard, resourceVersion } of suspects) {
    const now = later.find((each) => each.shard === shard)
    if (now?.resourceVersion === resourceVersion) silent.add(shard)
    else if (now && behindMs(now) > now.durationMs) clocks.push(shardClock(now, behindMs))
  }
  return { leases: later, silent, clocks }
}

function shardClock(lease: LeaseView, behindMs: (lease: LeaseView) => number): ClockOffset {
  return { who: 'shard', name: lease.shard, offsetMs: -behindMs(lease) }
}

async function readServed(kube: KubeClient): Promise<CoverageFacts['served']> {
  const { status, body } = await kube.request('GET', '/apis/metrics.k8s.io/v1beta1/nodes')
  // Not for this account to read, which says nothing about others.
  if (status === 403) return undefined
  if (status !== 200) return { ok: false, status, message: messageOf(body) }
  const { items = [] } = body as { items?: { metadata: { name: string } }[] }
  return { ok: true, nodes: new Set(items.map(({ metadata }) => metadata.name)) }
}
