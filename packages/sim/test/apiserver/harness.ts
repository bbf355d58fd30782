import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { KubeObject } from '../../src/apiserver/objects.ts'
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../../src/control-plane.ts'

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string; json: Body }
/** JSON of an answer, read without ceremony. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
export type Body = any

export type Client = {
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** Opens a watch; `next` waits for one event, `closed` for the end of the stream. */
  watch(path: string, headers?: Record<string, string>): Promise<WatchStream>
  close(): void
}

export type WatchStream = {
  status: number
  next(): Promise<Body>
  closed: Promise<void>
  cancel(): void
}

export function createClient(plane: ControlPlane, token?: string): Client {
  const agent = new Agent({ ca: plane.clusterCa.certPem, keepAlive: true })
  const base = token === undefined ? {} : { authorization: `Bearer ${token}` }

  async function open(method: string, path: string, body?: unknown, headers = {}): Promise<IncomingMessage> {
    const text = body === undefined ? '' : JSON.stringify(body)
    const described = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const all = { ...(text !== '' && described), ...base, ...headers }
    const outgoing = request(plane.url + path, { method, agent, headers: all })
    outgoing.end(text)
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    return incoming
  }

  async function send(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
    const incoming = await open(method, path, body, headers)
    const text = (await incoming.toArray()).join('')
    const isJson = incoming.headers['content-type']?.startsWith('application/json')
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    }
  }

  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    async watch(path, headers) {
      return watchStream(await open('GET', path, undefined, headers))
    },
    close: () => agent.destroy(),
  }
}

function watchStream(incoming: IncomingMessage): WatchStream {
  const lines: string[] = []
  let partial = ''
  let wake = () => {}
  const closed = new Promise<void>((resolve) => incoming.once('close', resolve))
  incoming.on('error', () => {})
  incoming.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (partial + chunk).split('\n')
    partial = parts.pop() ?? ''
    lines.push(...parts)
    wake()
  })
  return {
    status: incoming.statusCode ?? 0,
    closed,
    cancel: () => incoming.destroy(),
    async next() {
      while (lines.length === 0) {
        if (incoming.destroyed) throw new Error('the watch has ended')
        const more = Promise.withResolvers<void>()
        wake = more.resolve
        await Promise.race([more.promise, closed])
      }
      return JSON.parse(lines.shift() ?? '')
    },
  }
}

export type Fixture = { plane: ControlPlane; admin: Client; close(): Promise<void> }

/** A control plane and a client that may do anything. */
export async function startFixture(options: ControlPlaneOptions = {}): Promise<Fixture> {
  const plane = await startControlPlane(options)
  const user = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
  const admin = createClient(plane, plane.apiserver.tokens.issue(user))
  return {
    plane,
    admin,
    async close() {
      admin.close()
      await plane.close()
    },
  }
}

export function pod(
  name: string,
  { namespace = 'default', node = 'n1', phase = 'Running', labels = {} } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { nodeName: node, containers: [{ name: 'c' }] },
    status: { phase },
  }
}

export function node(name: string, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status: {} }
}

export function lease(name: string, spec: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-system' },
    spec: {
      holderIdentity: 'me',
      leaseDurationSeconds: 20,
      renewTime: '2026-11-21T03:46:29.123456Z',
      ...spec,
    },
  }
}

export function names(answer: Answer): string[] {
  return answer.json.items.map((item: KubeObject) => item.metadata.name)
}
