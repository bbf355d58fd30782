import type { Clock } from '@metrics-ring/common/clock'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { KubeClient } from '@metrics-ring/common/kube'

export type ApiServiceTrustEvents = {
  /** Somebody else overwrites `caBundle` and did it again before it may be repaired again. */
  contested(apiService: string): void
  repaired(apiService: string): void
  failed(apiService: string, error: unknown): void
}

export type ApiServiceTrustOptions = {
  client: KubeClient
  clock: Clock
  /** Only APIServices that lead to one of these are touched. */
  services: { namespace: string; names: readonly string[] }
  events: ApiServiceTrustEvents
}

export type ApiServiceTrust = {
  /**
   * Has every APIService that leads to us trust exactly this bundle. A bundle that is new is written at once; one
   * that somebody else has overwritten is put back at most once per 5 min.
   * @returns whether all of them trust it now; never rejects
   */
  publish(bundle: string): Promise<boolean>
}

const apiServices = ['v1.metrics.k8s.io', 'v1beta1.metrics.k8s.io']
const repairEveryMs = 5 * 60_000

type ApiService = {
  metadata: { resourceVersion?: string }
  spec?: {
    service?: { namespace?: string; name?: string }
    caBundle?: string
    insecureSkipTLSVerify?: boolean
  }
}
type Memory = { bundle: string; repairedMs: number | undefined; told: boolean }

export function createApiServiceTrust(options: ApiServiceTrustOptions): ApiServiceTrust {
  const { client, clock, services, events } = options
  const memory = new Map<string, Memory>()

  async function publishTo(name: string, bundle: string): Promise<boolean> {
    const path = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`
    const { status, body } = await client.request('GET', path)
    if (status === 404) return true
    if (status !== 200) throw refused('reading', name, status, body)
    const found = body as ApiService
    if (!leadsToUs(found)) return true
    const before = memory.get(name)
    if (isTrusted(found, bundle)) {
      memory.set(name, { bundle, repairedMs: before?.repairedMs, told: false })
      return true
    }
    const repair = before?.bundle === bundle
    if (repair && !mayRepair(name, before)) return false
    const patch = {
      metadata: { resourceVersion: found.metadata.resourceVersion },
      spec: { caBundle: Buffer.from(bundle).toString('base64'), insecureSkipTLSVerify: null },
    }
    const contentType = 'application/merge-patch+json'
    const query = '?fieldManager=metrics-ring'
    const answer = await client.request('PATCH', path + query, { body: patch, contentType })
    // Another replica was first: the next look tells what came of it.
    if (answer.status === 409) return false
    if (answer.status !== 200) throw refused('writing', name, answer.status, answer.body)
    memory.set(name, { bundle, repairedMs: repair ? clock.mono() : before?.repairedMs, told: false })
    if (repair) events.repaired(name)
    return true
  }

  function leadsToUs({ spec }: ApiService): boolean {
    const { namespace, name } = spec?.service ?? {}
    return namespace === services.namespace && name !== undefined && services.names.includes(name)
  }

  function mayRepair(name: string, before: Memory): boolean {
    if (before.repairedMs === undefined || clock.mono() - before.repairedMs >= repairEveryMs) return true
    if (!before.told) events.contested(name)
    before.told = true
    return false
  }

  return {
    async publish(bundle) {
      const published = await Promise.all(
        apiServices.map((name) =>
          publishTo(name, bundle).catch((error: unknown) => {
            events.failed(name, error)
            return false
          }),
        ),
      )
      return published.every(Boolean)
    },
  }
}

function isTrusted({ spec }: ApiService, bundle: string): boolean {
  if (spec?.insecureSkipTLSVerify === true) return false
  return (
    Buffer.from(spec?.caBundle ?? '', 'base64')
      .toString()
      .trim() === bundle.trim()
  )
}

function refused(what: string, name: string, status: number, body: unknown): CodedError {
  const message = (body as { message?: string } | undefined)?.message
  return new CodedError('api_service', `${what} APIService ${name}: ${status}: ${message ?? errorText(body)}`)
}
