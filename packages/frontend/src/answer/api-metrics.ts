import {
  counter,
  gauge,
  histogram,
  type Meter,
  type MetricSpecs,
  secondsBuckets,
} from '@metrics-ring/common/telemetry/metric'
import type { RequestInfo } from '../request/request-info.ts'
import type { Authentication } from '../trust/authn.ts'
import type { Authorization } from '../trust/authz.ts'
import { group } from './api.ts'

const requestLabels = {
  verb: 'get, list, watch; other: any other',
  resource: 'pods, nodes; or, of paths that are no resource: discovery, openapi, health, metrics, other',
  scope: 'resource, namespace, cluster; empty where there is no resource',
}

export const apiMetrics = {
  requests: {
    name: 'metrics_ring.api.requests',
    kind: 'counter',
    help: 'Requests answered.',
    labels: { ...requestLabels, code: 'the HTTP status; aborted: the client had gone, or stopped reading' },
  },
  duration: {
    name: 'metrics_ring.api.request.duration',
    kind: 'histogram',
    unit: 's',
    help: 'From the request to the last byte handed over.',
    labels: requestLabels,
    buckets: secondsBuckets,
  },
  inFlight: { name: 'metrics_ring.api.in_flight', kind: 'gauge', help: 'Requests under way.' },
  connections: { name: 'metrics_ring.api.connections', kind: 'gauge', help: 'Connections of clients.' },
  authentications: {
    name: 'metrics_ring.api.authentications',
    kind: 'counter',
    help: 'Requests by how their sender was told.',
    labels: { method: 'front_proxy, certificate, token, anonymous; failed: 401; refused: 403' },
  },
  authorizations: {
    name: 'metrics_ring.api.authorizations',
    kind: 'counter',
    help: 'Requests by whether they were allowed.',
    labels: { decision: 'allowed, denied; failed: there was no verdict' },
  },
} as const satisfies MetricSpecs

export type ApiMetrics = ReturnType<typeof createApiMetrics>

/** What clients ask and get, in numbers. Labels hold nothing that a client chooses freely. */
export function createApiMetrics(meter: Meter) {
  const specs = apiMetrics
  const requests = counter(meter, specs.requests)
  const duration = histogram(meter, specs.duration)
  const authentications = counter(meter, specs.authentications)
  const authorizations = counter(meter, specs.authorizations)
  let inFlight = 0
  gauge(meter, specs.inFlight, (observe) => observe(inFlight))

  return {
    begun: () => void inFlight++,
    /** `info` undefined: the request could not be read. */
    ended(info: RequestInfo | undefined, code: number | 'aborted', tookMs: number) {
      inFlight--
      const labels = labelsOf(info)
      requests(1, { ...labels, code: String(code) })
      duration(tookMs / 1000, labels)
    },
    authenticated(found: Authentication) {
      const method = 'via' in found ? found.via : found.status === 401 ? 'failed' : 'refused'
      authentications(1, { method })
    },
    authorized: ({ decision }: Authorization) => authorizations(1, { decision }),
  }
}

export function measureConnections(meter: Meter, connections: () => number): void {
  gauge(meter, apiMetrics.connections, (observe) => observe(connections()))
}

const verbs = ['get', 'list', 'watch']
const health = /^\/(readyz|livez|healthz)(\/|$)/

/** Pure. A resource that is not ours is `other`, so that no path makes a label of its own. */
export function labelsOf(info: RequestInfo | undefined): { verb: string; resource: string; scope: string } {
  if (!info) return { verb: 'other', resource: 'other', scope: '' }
  const { path, resource: asked } = info
  const verb = verbs.includes(info.verb) ? info.verb : 'other'
  if (!asked) return { verb, resource: pageOf(path), scope: '' }
  const isOurs = asked.group === group && (asked.resource === 'pods' || asked.resource === 'nodes')
  if (!isOurs) return { verb, resource: 'other', scope: '' }
  const scope = asked.name !== '' ? 'resource' : asked.namespace !== '' ? 'namespace' : 'cluster'
  return { verb, resource: asked.resource, scope }
}

function pageOf(path: string): string {
  if (health.test(path)) return 'health'
  if (path === '/metrics') return 'metrics'
  if (path.startsWith('/openapi')) return 'openapi'
  return path === '/' || path.startsWith('/api') || path === '/version' ? 'discovery' : 'other'
}
