import { connect } from 'node:http2'
import type { Cluster } from '@metrics-ring/sim/cluster'

export type MetricsObject = {
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  timestamp: string
  window: string
}
export type NodeMetrics = MetricsObject & { usage: Usage }
export type PodMetrics = MetricsObject & { containers: { name: string; usage: Usage }[] }
type Usage = { cpu: string; memory: string; swap?: string }

export type ApiAnswer = { status: number; body: string }

/** One HTTP/2 connection that is kept, as controllers keep theirs. */
export type ApiClient = {
  get(path: string): Promise<ApiAnswer>
  /** Of a list of metrics.k8s.io/v1: node names, or `namespace/name`. Empty while there is no answer. */
  names(resource: 'nodes' | 'pods'): Promise<Set<string>>
  close(): void
}

/** Shows a client certificate of `system:masters`; `url` is the API server unless given. */
export async function connectApi(cluster: Cluster, url = cluster.url): Promise<ApiClient> {
  const user = { commonName: 'kubernetes-admin', organizations: ['system:masters'] }
  const { certPem: cert, keyPem: key } = await cluster.clusterCa.issue({ ...user, usages: ['clientAuth'] })
  const trust = url === cluster.url ? { ca: cluster.clusterCa.certPem } : { rejectUnauthorized: false }
  const session = connect(url, { cert, key, ...trust })
  // Told to each request.
  session.on('error', () => {})
  const get = (path: string) =>
    new Promise<ApiAnswer>((resolve, reject) => {
      const stream = session.request({ ':path': path, accept: 'application/json' })
      let status = 0
      const chunks: Buffer[] = []
      stream.setTimeout(10_000, () => stream.destroy(new Error(`no answer to ${path} within 10 s`)))
      stream.on('response', (headers) => {
        status = Number(headers[':status'])
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('end', () => resolve({ status, body: Buffer.concat(chunks).toString() }))
    })
  return {
    get,
    async names(resource) {
      const { status, body } = await get(`/apis/metrics.k8s.io/v1/${resource}`)
      return status === 200 ? namesOf(body) : new Set()
    },
    close: () => session.destroy(),
  }
}

export function namesOf(body: string): Set<string> {
  const { items } = JSON.parse(body) as { items: MetricsObject[] }
  return new Set(
    items.map(({ metadata: { namespace, name } }) =>
      namespace === undefined ? name : `${namespace}/${name}`,
    ),
  )
}
