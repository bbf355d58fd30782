/** The aggregation layer: which paths belong to APIServices, and all that keeps them in order. */
import { isDeepStrictEqual } from 'node:util'
import type { CertificateAuthority } from '../../pki.ts'
import { type Call, sendText } from '../http.ts'
import { at, type KubeObject, text } from '../objects.ts'
import type { Aggregation } from '../routes.ts'
import type { Storage } from '../storage.ts'
import { startAvailability } from './availability.ts'
import type { AggregatedVersion } from './discovery.ts'
import { createDownloads, type Downloads } from './downloads.ts'
import { apiServiceType, resolve, sliceType, targetOf } from './endpoints.ts'
import { type ClientCertificate, createPool } from './pool.ts'
import { proxy } from './proxy.ts'

export type AggregatorOptions = {
  /** `--enable-aggregator-routing`: each request to a random ready endpoint, instead of one connection. */
  aggregatorRouting?: boolean
  /** Time between availability checks without an event (30 s in the real one). */
  probeIntervalMs?: number
  /** Time between discovery and OpenAPI downloads (60 s in the real one). */
  discoveryIntervalMs?: number
  requestTimeoutMs?: number
  /** An HTTP/2 connection idle so long is pinged, and given up when the answer takes longer than the timeout. */
  pingIdleMs?: number
  pingTimeoutMs?: number
}

export type Aggregator = Aggregation & {
  versions(): AggregatedVersion[]
  /** Uses another client certificate from now on. */
  useCertificate(certificate: ClientCertificate): void
  stop(): Promise<void>
}

export function issueFrontProxyClient(authority: CertificateAuthority): Promise<ClientCertificate> {
  return authority.issue({ commonName: 'front-proxy-client', usages: ['clientAuth'] })
}

export function startAggregator(
  storage: Storage,
  first: ClientCertificate,
  options: AggregatorOptions = {},
): Aggregator {
  let certificate = first
  const pings = { idleMs: options.pingIdleMs ?? 30_000, timeoutMs: options.pingTimeoutMs ?? 15_000 }
  const { aggregatorRouting = false } = options
  const pool = createPool(storage, { aggregatorRouting, pings, certificate: () => certificate })
  const registered = () => storage.list(apiServiceType).map(({ object }) => object)
  const downloads = createDownloads(
    pool,
    (service) => {
      const members = registered().filter((each) => targetOf(each)?.service === service)
      const target = members[0] && targetOf(members[0])
      return target && { target, groupVersions: members.map(groupVersionOf) }
    },
    options.discoveryIntervalMs ?? 60_000,
  )
  const refresh = (name: string) => {
    const object = storage.get(apiServiceType, name)?.object
    const target = object && targetOf(object)
    if (target) downloads.refresh(target.service)
  }

  const availability = startAvailability(storage, pool, {
    probeIntervalMs: options.probeIntervalMs ?? 5000,
    onChange: refresh,
  })
  const unsubscribe = [
    storage.subscribe(apiServiceType, ({ type, entry, previous }) => {
      if (type !== 'DELETED' && !isDeepStrictEqual(previous?.object.spec, entry.object.spec))
        refresh(entry.key)
    }),
    storage.subscribe(
      sliceType,
      () => void pool.retain((endpoint) => isReady(storage, registered(), endpoint)),
    ),
  ]

  return {
    versions: () => registered().flatMap((object) => versionOf(object, downloads)),
    openApiV3Paths: () => Object.assign({}, ...downloads.all().map(({ openApi }) => openApi)),
    async serve(call: Call): Promise<boolean> {
      const [, group, version] = /^(?:\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)/.exec(call.path) ?? []
      const name = `${version}.${group}`
      const object = storage.get(apiServiceType, name)?.object
      const target = object && targetOf(object)
      if (!target) return false
      if (!availability.isAvailable(name)) sendText(call.response, 503, 'service unavailable')
      else await proxy(call, target, pool, { requestTimeoutMs: options.requestTimeoutMs ?? 60_000 })
      return true
    },
    useCertificate(next) {
      certificate = next
      pool.renew()
    },
    async stop() {
      for (const each of unsubscribe) each()
      availability.stop()
      downloads.stop()
      await pool.close()
    },
  }
}

function groupVersionOf(apiService: KubeObject): string {
  return `${text(at(apiService, 'spec', 'group'))}/${text(at(apiService, 'spec', 'version'))}`
}

function versionOf(apiService: KubeObject, downloads: Downloads): AggregatedVersion[] {
  const target = targetOf(apiService)
  if (!target) return []
  const { discovery, stale = true } = downloads.of(target.service) ?? {}
  const resources = discovery?.resources.get(groupVersionOf(apiService))
  return [
    {
      group: text(at(apiService, 'spec', 'group')),
      version: text(at(apiService, 'spec', 'version')),
      groupPriorityMinimum: Number(at(apiService, 'spec', 'groupPriorityMinimum') ?? 0),
      versionPriority: Number(at(apiService, 'spec', 'versionPriority') ?? 0),
      freshness: stale ? 'Stale' : 'Current',
      resources: resources ?? [],
    },
  ]
}

function isReady(
  storage: Storage,
  apiServices: readonly KubeObject[],
  { host, port }: { host: string; port: number },
): boolean {
  return apiServices.some((apiService) => {
    const target = targetOf(apiService)
    const found = target && resolve(storage, target)
    return (
      found &&
      'endpoints' in found &&
      found.endpoints.some((each) => each.host === host && each.port === port)
    )
  })
}
