import { once } from 'node:events'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import { createServer } from 'node:https'
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type CertificateAuthority, createAuthority } from '../../src/pki.ts'

export type Seen = {
  path: string
  rawHeaders: [string, string][]
  peer: string
  alpn: string
  session: number
}
export type Extension = {
  port: number
  caPem: string
  seen: Seen[]
  sessions: Set<ServerHttp2Session>
  requests(prefix: string): Seen[]
  close(): Promise<void>
}
export type ExtensionOptions = {
  authority?: CertificateAuthority
  /** Who may call: PEM of the front-proxy CA. */
  clientCa: string
  serverName?: string
  http1Only?: boolean
  /** Discovery in the legacy form only. */
  legacy?: boolean
  answer?: (request: Http2ServerRequest, response: Http2ServerResponse) => boolean | Promise<boolean>
}

const group = 'metrics.k8s.io'
const kinds = [
  ['nodes', 'NodeMetrics', 'Cluster'],
  ['pods', 'PodMetrics', 'Namespaced'],
] as const

function aggregated(): unknown {
  const resources = (version: string) =>
    kinds.map(([resource, kind, scope]) => ({
      resource,
      responseKind: { group, version, kind },
      scope,
      singularResource: '',
      verbs: ['get', 'list'],
    }))
  const versions = ['v1', 'v1beta1'].map((version) => ({
    version,
    resources: resources(version),
    freshness: 'Current',
  }))
  const items = [{ metadata: { name: group }, versions }]
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

function legacyList(groupVersion: string): unknown {
  const resources = kinds.map(([name, kind, scope]) => ({
    name,
    singularName: '',
    namespaced: scope === 'Namespaced',
    kind,
    verbs: ['get', 'list'],
  }))
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

/** A small extension API server, as the aggregation layer sees one. */
export async function startExtension(options: ExtensionOptions): Promise<Extension> {
  const authority = options.authority ?? (await createAuthority('extension-ca'))
  const { certPem, keyPem } = await authority.issue({
    commonName: 'metrics-server',
    dnsNames: [options.serverName ?? 'metrics-server.kube-system.svc'],
    usages: ['serverAuth'],
  })
  const seen: Seen[] = []
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<Socket>()
  const numbers = new WeakMap<object, number>()
  const tls = {
    key: keyPem,
    cert: certPem,
    ca: options.clientCa,
    requestCert: true,
    rejectUnauthorized: true,
  }
  const server = options.http1Only
    ? (createServer(tls) as unknown as Http2SecureServer)
    : createSecureServer(tls)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('session', (session) => {
    numbers.set(session, sessions.size)
    sessions.add(session)
  })
  server.on('request', async (request, response) => {
    const session = request.stream?.session
    const socket = (session?.socket ?? request.socket) as TLSSocket
    const rawHeaders = request.rawHeaders.flatMap((name, at, all) =>
      at % 2 === 0 ? [[name, all[at + 1] ?? '']] : [],
    )
    const peer = String(socket.getPeerCertificate().subject?.CN ?? '')
    const number = session ? (numbers.get(session) ?? -1) : -1
    const { url: path } = request
    seen.push({
      path,
      rawHeaders: rawHeaders as [string, string][],
      peer,
      alpn: request.httpVersion,
      session: number,
    })
    if (await options.answer?.(request, response)) return
    answer(request, response, options.legacy === true)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    caPem: authority.certPem,
    seen,
    sessions,
    requests: (prefix) => seen.filter(({ path }) => path.startsWith(prefix)),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function answer({ url }: Http2ServerRequest, response: Http2ServerResponse, legacy: boolean): void {
  const body = bodyOf(url, legacy)
  const isAggregated = url === '/apis' && body !== undefined
  const form = isAggregated ? ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' : ''
  response.setHeader('content-type', `application/json${form}`)
  if (body === undefined) response.statusCode = 404
  response.end(JSON.stringify(body ?? { kind: 'Status', code: 404 }))
}

function bodyOf(url: string, legacy: boolean): unknown {
  if (url === '/apis') return legacy ? undefined : aggregated()
  const version = /^\/apis\/metrics\.k8s\.io\/(v1|v1beta1)$/.exec(url)?.[1]
  if (version) return legacyList(`${group}/${version}`)
  const serverRelativeURL = '/openapi/v3/apis/metrics.k8s.io/v1?hash=1'
  if (url === '/openapi/v3') return { paths: { 'apis/metrics.k8s.io/v1': { serverRelativeURL } } }
  const known = url.startsWith('/apis/metrics.k8s.io/') || url.startsWith('/openapi/v3/')
  return known ? { kind: 'Echo', path: url } : undefined
}

/** A TCP relay to a port; frozen, it passes nothing on and closes nothing, like a host that hangs. */
export async function startRelay(to: number): Promise<{ port: number; freeze(): void; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((near) => {
    const far = connect(to, '127.0.0.1')
    near.pipe(far).pipe(near)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
