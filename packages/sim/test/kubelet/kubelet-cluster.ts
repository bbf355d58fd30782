import type { IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import { gunzipSync } from 'node:zlib'
import { type KubeletOptions, type Kubelets, startKubelets } from '../../src/kubelet/kubelets.ts'
import { createModel, type Model, type ModelOptions } from '../../src/model/model.ts'
import { type CertificateAuthority, createAuthority } from '../../src/pki.ts'

export type Answer = { status: number; headers: IncomingHttpHeaders; raw: Buffer; text: string }

export type Cluster = {
  model: Model
  kubelets: Kubelets
  pki: CertificateAuthority
  /** As a strict client of the cluster CA, over one kept connection to each kubelet. */
  get(node: string, request?: GetOptions): Promise<Answer>
  close(): Promise<void>
}

export type GetOptions = https.RequestOptions & { token?: string; mostBytes?: number }

/** `good` is a token that may read metrics, `weak` one that may not. */
const TOKENS: Record<string, string> = { good: 'system:serviceaccount:kube-system:metrics', weak: 'nobody' }

export async function startCluster(
  options: Partial<ModelOptions> & Partial<Omit<KubeletOptions, 'model' | 'pki'>> = {},
): Promise<Cluster> {
  const model = createModel({ nodes: 1, podsPerNode: 3, seed: 1, ...options })
  const pki = await createAuthority('kubernetes')
  const kubelets = await startKubelets({
    model,
    pki,
    reviewToken: async (token) =>
      token in TOKENS ? { authenticated: true, user: TOKENS[token] ?? '' } : { authenticated: false },
    authorize: (user, groups) => user.endsWith(':metrics') || groups.includes('system:masters'),
    ...options,
  })
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
  return {
    model,
    kubelets,
    pki,
    get: (node, request = {}) =>
      get({ agent, ca: pki.certPem, path: '/metrics/resource', ...at(kubelets, node), ...request }),
    async close() {
      agent.destroy()
      await kubelets.close()
    },
  }
}

function at(kubelets: Kubelets, node: string) {
  const { address, port } = kubelets.forNode(node)
  return { host: address, port }
}

/** Rejects with the socket's error; an answer beyond `mostBytes` is cut there. */
export function get({ token = 'good', mostBytes = Number.POSITIVE_INFINITY, ...options }: GetOptions) {
  return new Promise<Answer>((resolve, reject) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const request = https.get({ ...options, headers: { ...headers, ...options.headers } }, (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      const done = () => {
        const raw = Buffer.concat(parts)
        const zipped = response.headers['content-encoding'] === 'gzip'
        const text = (zipped ? gunzipSync(raw) : raw).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, raw, text })
      }
      response.on('data', (part: Buffer) => {
        parts.push(part)
        bytes += part.length
        if (bytes >= mostBytes) {
          done()
          request.destroy()
        }
      })
      response.on('end', done)
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}

export type Line = { name: string; labels: Record<string, string>; value: number; atMs: number }

/** The samples of a Prometheus text. Throws at a line of another form. */
export function samples(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const [, name = '', labels = '', value, atMs] = /^(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/.exec(line) ?? []
    if (value === undefined) throw new Error(`not a sample: ${line}`)
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map((pair) => [pair[1], pair[2]])
    return { name, labels: Object.fromEntries(pairs), value: Number(value), atMs: Number(atMs ?? 0) }
  })
}
