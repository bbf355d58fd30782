import { readFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { type Kubelets, type Sampling, startKubelets } from '@metrics-ring/sim/kubelet/kubelets'
import type { NodeState } from '@metrics-ring/sim/model/model'
import { createAuthority } from '@metrics-ring/sim/pki'
import { extremes } from '../chaos/count.ts'
import { answerRequests } from '../peer.ts'
import type { ControlPlane, Listening } from './control-plane.ts'
import { type ClusterSize, createCluster, shareOf } from './model.ts'

/** Kubelets of some of the nodes, in a process of their own, each over TLS on an address of its own. */
export type KubeletsRequest =
  | {
      do: 'start'
      size: ClusterSize
      share: { index: number; of: number }
      sampling: Sampling
      intervalMs: number
      plane: Pick<ControlPlane, 'url' | 'files'>
    }
  /** The first nodes hang, so many of them; 0: none does. */
  | { do: 'hang'; nodes: number }
  | { do: 'reset' }
  /** Scrapes within a window, milliseconds since the epoch. */
  | { do: 'counts'; fromMs: number; toMs: number }

export type KubeletsStarted = {
  listening: Listening[]
  /** Of their serving certificates. */
  caPem: string
}

export type KubeletCounts = {
  nodes: number
  /** Scrapes of one kubelet in one of its own intervals. */
  least: number
  most: number
  /** That arrived within the window. */
  scrapes: number
  /** Of these, with status 200 to the last byte; and how long the bodies were, as sent. */
  whole: number
  bytes: number
  /** Opened since the last reset, and open now. */
  connections: number
  open: number
}

type Running = { kubelets: Kubelets; nodes: NodeState[]; intervalMs: number; hanging: NodeState[] }
let running: Running | undefined

answerRequests<KubeletsRequest>(
  async (request) => {
    if (request.do === 'start') return start(request)
    if (!running) throw new Error('not started')
    const { kubelets, nodes } = running
    if (request.do === 'reset') return kubelets.reset()
    if (request.do === 'counts') return count(running, request.fromMs, request.toMs)
    for (const { name } of running.hanging) await kubelets.setFault(name, undefined)
    running.hanging = nodes.slice(0, request.nodes)
    for (const { name } of running.hanging) await kubelets.setFault(name, { kind: 'hang' })
  },
  async () => running?.kubelets.close(),
)

async function start(options: Extract<KubeletsRequest, { do: 'start' }>): Promise<KubeletsStarted> {
  const { size, share, sampling, intervalMs, plane } = options
  const whole = createCluster(size)
  const nodes = shareOf(whole, share)
  const pki = await createAuthority(`kubelets-${share.index}`)
  const kubelets = await startKubelets({
    model: { ...whole, nodes: () => nodes },
    pki,
    sampling,
    intervalMs,
    tokenCacheMs: 120_000,
    ...reviewsBy(plane),
  })
  running = { kubelets, nodes, intervalMs, hanging: [] }
  const listening = nodes.map(({ name, address, port }) => ({ node: name, address, port }))
  return { listening, caPem: pki.certPem }
}

function count({ kubelets, nodes, intervalMs }: Running, fromMs: number, toMs: number): KubeletCounts {
  const all = nodes.flatMap(({ name }) =>
    kubelets.requests(name).filter(({ atMs }) => fromMs <= atMs && atMs < toMs),
  )
  const whole = all.filter(({ answered, status }) => answered && status === 200)
  const each = nodes.map(({ name }) => ({ atMs: kubelets.scrapes(name) }))
  const total = (of: (name: string) => number) => nodes.reduce((sum, { name }) => sum + of(name), 0)
  return {
    ...extremes(each, { fromMs, toMs, intervalMs }),
    nodes: nodes.length,
    scrapes: all.length,
    whole: whole.length,
    bytes: whole.reduce((sum, { bytes }) => sum + bytes, 0),
    connections: total(kubelets.connections),
    open: total(kubelets.openConnections),
  }
}

/** As a kubelet asks: the API server itself, and remembers what is allowed (it does for five minutes). */
function reviewsBy({ url, files }: Pick<ControlPlane, 'url' | 'files'>) {
  const [ca, cert, key] = [files.ca, files.adminCert, files.adminKey].map((file) => readFileSync(file))
  const allowed = new Map<string, Promise<boolean>>()
  async function review<T>(group: string, resource: string, spec: object): Promise<T> {
    const target = `${url}/apis/${group}/v1/${resource}`
    return new Promise((resolve, reject) => {
      const asked = httpsRequest(target, {
        method: 'POST',
        ca,
        cert,
        key,
        headers: { 'content-type': 'application/json' },
      })
      asked.once('error', reject)
      asked.once('response', (response) => {
        text(response).then((body) => resolve((JSON.parse(body) as { status: T }).status), reject)
      })
      asked.end(JSON.stringify({ spec }))
    })
  }
  return {
    async reviewToken(token: string) {
      type Status = { authenticated?: boolean; user?: { username?: string; groups?: string[] } }
      const { authenticated = false, user = {} } = await review<Status>(
        'authentication.k8s.io',
        'tokenreviews',
        { token },
      )
      return { authenticated, user: user.username ?? '', groups: user.groups ?? [] }
    },
    authorize(user: string, groups: readonly string[]) {
      const known = allowed.get(user)
      if (known) return known
      const resourceAttributes = { verb: 'get', resource: 'nodes', subresource: 'metrics' }
      const spec = { user, groups, resourceAttributes }
      type Status = { allowed?: boolean }
      const asked = review<Status>('authorization.k8s.io', 'subjectaccessreviews', spec).then(
        (status) => status.allowed === true,
      )
      allowed.set(user, asked)
      asked.then(
        (isAllowed) => isAllowed || allowed.delete(user),
        () => allowed.delete(user),
      )
      return asked
    },
  }
}
