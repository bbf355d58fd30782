import type { Clock } from '@metrics-ring/common/clock'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { KubeClient } from '@metrics-ring/common/kube/kube'

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

/**
 * Has every APIService that leads to us trust exactly this bundle. A bundle that is new is written at once; one that
 * somebody else has overwritten is put back at most once per 5 min. Resolves to whether all of them trust it now;
 * never rejects.
 */
export type Publish = (bundle: string) => Promise<boolean>

export type ApiServiceTrust = {
  /**
   * Reads the APIServices. What is published then is written only where they still are what was read: a bundle that
   * was read after this cannot overwrite a newer one, however slow its reader is. Never rejects.
   */
  look(): Promise<Publish>
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

  /** Undefined: there is none. */
  async function read(name: string): Promise<ApiService | undefined> {
    const { status, body } = await client.request('GET', pathOf(name))
    if (status === 404) return undefined
    if (status !== 200) throw refused('reading', name, status, body)
    return body as ApiService
  }

  async function publishTo(name: string, found: ApiService | undefined, bundle: string): Promise<boolean> {
    if (!found || !leadsToUs(found)) return true
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
    const path = `${pathOf(name)}?fieldManager=metrics-ring`
    const { status, body } = await client.request('PATCH', path, { body: patch, contentType })
    // It has changed since; the next look tells what came of it.
    if (status === 409) return false
    if (status !== 200) throw refused('writing', name, status, body)
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

  /** Of one APIService. */
  async function lookAt(name: string): Promise<Publish> {
    const failed = (error: unknown) => {
      events.failed(name, error)
      return false
    }
    try {
      const found = await read(name)
      return (bundle) => publishTo(name, found, bundle).catch(failed)
    } catch (error) {
      failed(error)
      return async () => false
    }
  }

  return {
    async look() {
      const each = await Promise.all(apiServices.map(lookAt))
      return async (bundle) => (await Promise.all(each.map((publish) => publish(bundle)))).every(Boolean)
    },
  }
}

function pathOf(name: string): string {
  return `/apis/apiregistration.k8s.io/v1/apiservices/${name}`
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
