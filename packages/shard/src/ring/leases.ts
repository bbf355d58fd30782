import type { Clock } from '@metrics-ring/common/clock'
import { CodedError } from '@metrics-ring/common/errors'
import type { KubeAnswer, KubeClient } from '@metrics-ring/common/kube/kube'
import { assignments } from '@metrics-ring/common/ring'
import type { LeaseView } from './members.ts'
import { readProtocols } from './protocol.ts'

/** What our last write of our own Lease looks like to a reader. */
export type Written = { resourceVersion: string; renewTime: string }

/** The Leases of one ring. Every method rejects with a CodedError when it did not succeed. */
export type LeaseApi = {
  /** Writes our own Lease; creates it if it is not there; takes it over if its holder has stopped renewing it. */
  renew(state: LeaseView['state']): Promise<Written>
  /** All Leases of the ring, at least as new as that resourceVersion. */
  list(notOlderThan: string): Promise<LeaseView[]>
  /** Removes another's Lease, if it still is as it was seen. */
  collect(lease: LeaseView): Promise<void>
  /** Removes our own Lease. */
  release(): Promise<void>
}

export type LeaseOptions = {
  client: KubeClient
  clock: Clock
  /** Wall clock, milliseconds: only for the text of renewTime. */
  wallMs: () => number
  namespace: string
  ringName: string
  shard: string
  /** Tells this process from an earlier one of the same name. */
  holder: string
  leaseMs: number
  /** The versions of the assignment that this shard speaks; those of this release by default. */
  protocols?: readonly number[]
  requestMs: number
}

type Lease = {
  metadata: {
    name: string
    resourceVersion?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string }
}

const ringLabel = 'metrics-ring.io/ring'
const stateAnnotation = 'metrics-ring.io/state'
const protocolAnnotation = 'metrics-ring.io/protocol'

export function createLeaseApi(options: LeaseOptions): LeaseApi {
  const { client, clock, namespace, ringName, shard, holder, requestMs } = options
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
  const name = `${ringName}-${shard}`
  let resourceVersion: string | undefined
  let writes = 0
  const foreign = createStillness(clock)

  const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
    client.request(method, path, { timeoutMs: requestMs, ...(body === undefined ? {} : { body }) })

  async function put(version: string, lease: Lease): Promise<KubeAnswer> {
    return send('PUT', `${collection}/${name}`, {
      ...lease,
      metadata: { ...lease.metadata, resourceVersion: version },
    })
  }
  /** After a conflict: what is there, and may we write it? */
  async function reclaim(lease: Lease): Promise<KubeAnswer> {
    const found = await send('GET', `${collection}/${name}`)
    if (found.status === 404) return send('POST', collection, lease)
    const stored = bodyOf<Lease>(found)
    if (stored.spec?.holderIdentity !== holder && !foreign.still(stored, options.leaseMs)) {
      throw new CodedError('lease_held', `the Lease ${name} is held by ${stored.spec?.holderIdentity}`)
    }
    return put(stored.metadata.resourceVersion ?? '', lease)
  }
  async function renew(state: LeaseView['state']): Promise<Written> {
    const renewTime = microTime(options.wallMs(), writes++)
    const lease = leaseBody(options, name, state, renewTime)
    let answer = resourceVersion ? await put(resourceVersion, lease) : await send('POST', collection, lease)
    if (answer.status === 409 || answer.status === 404) answer = await reclaim(lease)
    resourceVersion = undefined
    resourceVersion = bodyOf<Lease>(answer).metadata.resourceVersion ?? ''
    return { resourceVersion, renewTime }
  }
  async function list(notOlderThan: string): Promise<LeaseView[]> {
    const query = new URLSearchParams({
      labelSelector: `${ringLabel}=${ringName},app.kubernetes.io/component=shard`,
      resourceVersion: notOlderThan,
      resourceVersionMatch: 'NotOlderThan',
    })
    const { items } = bodyOf<{ items?: unknown[] }>(await send('GET', `${collection}?${query}`))
    return (items ?? []).flatMap((item) => leaseView(item, ringName) ?? [])
  }
  async function remove(leaseName: string, version: string): Promise<void> {
    const answer = await send('DELETE', `${collection}/${leaseName}`, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      preconditions: { resourceVersion: version },
    })
    // Gone already, or changed since: both are for its holder to care about.
    if (answer.status !== 404 && answer.status !== 409) bodyOf(answer)
  }
  return {
    renew,
    list,
    collect: (lease) => remove(`${ringName}-${lease.shard}`, lease.resourceVersion),
    release: async () => {
      if (resourceVersion) await remove(name, resourceVersion)
    },
  }
}

function leaseBody(options: LeaseOptions, name: string, state: LeaseView['state'], renewTime: string): Lease {
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: options.namespace,
      labels: {
        'app.kubernetes.io/name': 'metrics-ring',
        'app.kubernetes.io/component': 'shard',
        [ringLabel]: options.ringName,
      },
      annotations: {
        [stateAnnotation]: state,
        [protocolAnnotation]: (options.protocols ?? [...assignments.keys()]).join(),
      },
    },
    spec: {
      holderIdentity: options.holder,
      leaseDurationSeconds: Math.ceil(options.leaseMs / 1000),
      renewTime,
    },
  }
  return body
}

/** undefined for what is not a Lease of this ring as we write it: ignored, never fatal. */
function leaseView(item: unknown, ringName: string): LeaseView | undefined {
  const { metadata, spec } = (item ?? {}) as Partial<Lease>
  const seconds = spec?.leaseDurationSeconds
  if (!metadata?.name?.startsWith(`${ringName}-`) || metadata.labels?.[ringLabel] !== ringName)
    return undefined
  if (!spec?.renewTime || !spec.holderIdentity || !(typeof seconds === 'number' && seconds > 0))
    return undefined
  return {
    shard: metadata.name.slice(ringName.length + 1),
    holder: spec.holderIdentity,
    renewTime: spec.renewTime,
    state: metadata.annotations?.[stateAnnotation] === 'draining' ? 'draining' : 'active',
    durationMs: seconds * 1000,
    resourceVersion: metadata.resourceVersion ?? '',
    protocols: readProtocols(metadata.annotations?.[protocolAnnotation]),
  }
}

/** Whether another's Lease of our name has stayed the same for its duration, by our own clock. */
function createStillness(clock: Clock) {
  let seen: { version: string | undefined; sinceMs: number } | undefined
  return {
    still(lease: Lease, leastMs: number): boolean {
      const version = lease.metadata.resourceVersion
      if (seen?.version !== version) seen = { version, sinceMs: clock.mono() }
      const durationMs = Math.max((lease.spec?.leaseDurationSeconds ?? 0) * 1000, leastMs)
      return clock.mono() - (seen?.sinceMs ?? 0) >= durationMs
    },
  }
}

/** A Kubernetes MicroTime; the microseconds count our writes, so that no two in a row are equal. */
function microTime(wallMs: number, count: number): string {
  return new Date(wallMs).toISOString().replace('Z', `${String(count % 1000).padStart(3, '0')}Z`)
}

function bodyOf<T>(answer: KubeAnswer): T {
  if (answer.status >= 200 && answer.status < 300) return answer.body as T
  const message = (answer.body as { message?: string } | undefined)?.message ?? ''
  throw new CodedError(`kube_${answer.status}`, `the API server answered ${answer.status}: ${message}`)
}
