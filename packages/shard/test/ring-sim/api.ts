import type { KubeAnswer, KubeClient } from '@metrics-ring/common/kube/kube'
import { exchange, type Process, type Weather } from './process.ts'
import type { Scheduler } from './scheduler.ts'

type Lease = {
  metadata: { name: string; resourceVersion: string; labels?: Record<string, string> }
  spec: { holderIdentity: string; renewTime: string }
}
export type StoredLease = Lease & { writtenMs: number; durationMs: number }

/** What the API server has done to Leases, told to the invariants. */
export type ApiWitness = {
  wrote(name: string, by: string, before: StoredLease | undefined, resourceVersion: string | undefined): void
  deleted(name: string, by: string, before: StoredLease, resourceVersion: string | undefined): void
  asked(by: string, status: number): void
  listed(by: string): void
}

/** An API server that knows Leases: optimistic concurrency, label selection as a whole, lists that may be stale. */
export function createApi(scheduler: Scheduler, witness: ApiWitness) {
  let leases = new Map<string, StoredLease>()
  let version = 0
  let past: { timeMs: number; leases: Map<string, StoredLease> }[] = []
  const faults = { staleMs: 0, status: undefined as number | undefined }

  function keep(next: Map<string, StoredLease>) {
    past = [...past.slice(-400), { timeMs: scheduler.now(), leases }]
    leases = next
  }
  function write(name: string, by: string, body: Lease): KubeAnswer {
    const before = leases.get(name)
    const { resourceVersion } = body.metadata
    witness.wrote(name, by, before, resourceVersion)
    const seconds = (body.spec as { leaseDurationSeconds?: number }).leaseDurationSeconds ?? 0
    const metadata = { ...body.metadata, resourceVersion: String(++version) }
    const stored = { ...body, metadata, writtenMs: scheduler.now(), durationMs: seconds * 1000 }
    keep(new Map(leases).set(name, stored))
    return { status: before ? 200 : 201, body: stored }
  }
  function list(): KubeAnswer {
    const fromMs = scheduler.now() - faults.staleMs
    const seen = faults.staleMs > 0 ? past.find(({ timeMs }) => timeMs > fromMs)?.leases : undefined
    return { status: 200, body: { items: [...(seen ?? leases).values()] } }
  }
  function remove(name: string, by: string, resourceVersion: string | undefined): KubeAnswer {
    const before = leases.get(name)
    if (!before) return { status: 404, body: {} }
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      return { status: 409, body: {} }
    witness.deleted(name, by, before, resourceVersion)
    const next = new Map(leases)
    next.delete(name)
    keep(next)
    return { status: 200, body: {} }
  }
  function serve(by: string, method: string, path: string, body: unknown): KubeAnswer {
    if (faults.status !== undefined) return { status: faults.status, body: {} }
    const name = path.split('?')[0]?.split('/leases/')[1]
    if (name === undefined) {
      if (method === 'GET') return list()
      const created = body as Lease
      if (leases.has(created.metadata.name)) return { status: 409, body: {} }
      return write(created.metadata.name, by, created)
    }
    const stored = leases.get(name)
    if (method === 'DELETE') {
      const options = body as { preconditions?: { resourceVersion?: string } }
      return remove(name, by, options.preconditions?.resourceVersion)
    }
    if (!stored) return { status: 404, body: {} }
    if (method === 'GET') return { status: 200, body: stored }
    const put = body as Lease
    const isCurrent = put.metadata.resourceVersion === stored.metadata.resourceVersion
    return isCurrent ? write(name, by, put) : { status: 409, body: {} }
  }
  return {
    faults,
    leases: () => leases as ReadonlyMap<string, StoredLease>,
    /** The client of one process. */
    client(by: string, process: Process, weather: () => Weather): KubeClient {
      return {
        async request(method, path, options = {}) {
          const timeoutMs = options.timeoutMs ?? 10_000
          const answer = await exchange(scheduler, process, weather(), timeoutMs, () => {
            const given = serve(by, method, path, structuredClone(options.body))
            witness.asked(by, given.status)
            return given
          })
          if (method === 'GET' && !path.includes('/leases/')) witness.listed(by)
          return answer
        },
        stream: () => Promise.reject(new Error('no streams here')),
        close: async () => {},
      }
    },
  }
}
