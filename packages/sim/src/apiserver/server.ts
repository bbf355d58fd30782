/** The kube-apiserver of the simulated cluster: one HTTPS server, HTTP/2 and HTTP/1.1, on loopback. */
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { CertificateAuthority } from '../pki.ts'
import { authenticate, createTokens } from './authn.ts'
import { actingUser, authorizeCall } from './authz.ts'
import { createCounters } from './counters.ts'
import { breakConnection, createFaults } from './faults.ts'
import { type Call, sendJson } from './http.ts'
import { createAuthorizer } from './rbac.ts'
import { requestInfo } from './request-info.ts'
import { failure, StatusError } from './status.ts'
import { createStorage, type StorageOptions } from './storage.ts'
import type { Watches } from './watch.ts'

export type ApiServerOptions = StorageOptions & {
  /** Signs the serving certificate and the client certificates that are believed. */
  clusterCa: CertificateAuthority
  /** Port on 127.0.0.1; 0 takes a free one. */
  port?: number
}

/** What answers a call that is authenticated and authorized. */
export type Handler = (call: Call) => void | Promise<void>

export type Front = Awaited<ReturnType<typeof startFront>>

/** Storage, authentication and authorization behind a listening socket; `handle` does the rest. */
export async function startFront({ clusterCa, port = 0, ...stored }: ApiServerOptions) {
  const storage = createStorage(stored)
  const tokens = createTokens()
  const authorizer = createAuthorizer(storage)
  const faults = createFaults()
  const counters = createCounters()
  const watches: Watches = new Set()
  const sockets = new Set<Socket>()
  let handle: Handler = () => {
    throw new StatusError(503, 'ServiceUnavailable', 'starting')
  }

  const serving = await clusterCa.issue({
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', '10.96.0.1'],
    usages: ['serverAuth'],
  })
  const server = createSecureServer({
    allowHTTP1: true,
    key: serving.keyPem,
    cert: serving.certPem,
    ca: clusterCa.certPem,
    requestCert: true,
    rejectUnauthorized: false,
    maxSessionMemory: 1000,
    settings: { maxConcurrentStreams: 250, maxHeaderListSize: 1024 * 1024 },
  })
  server.prependListener('connection', (socket: Socket) => {
    if (faults.outage() === 'down') return void socket.destroy()
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => void serve(request, response))
  server.on('sessionError', () => {})

  async function serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    response.on('error', () => {})
    request.on('error', () => {})
    faults.tellTime(response)
    try {
      const call = await admit(request, response)
      if (call) await handle(call)
    } catch (error) {
      answerError(response, error)
    }
  }

  /** The steps before any handler, in the real server's order. Undefined when the request ends here. */
  async function admit(
    request: Http2ServerRequest,
    response: Http2ServerResponse,
  ): Promise<Call | undefined> {
    const url = new URL(request.url ?? '/', 'https://localhost')
    const info = requestInfo(request.method ?? 'GET', url.pathname, url.searchParams)
    const identity = authenticate(request, tokens)
    counters.count(info, identity.user.name, identity.client, response)
    const cut = faults.cutModeOf(identity.user.name, identity.client)
    if (cut) {
      if (cut === 'reset') breakConnection(request)
      return undefined
    }
    if (!(await faults.admit(response))) return undefined
    const user = actingUser(request, identity, authorizer)
    authorizeCall(authorizer, user, info)
    const { pathname: path, searchParams: query } = url
    return { request, response, path, query, info, user, client: identity.client }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const listening = (server.address() as AddressInfo).port
  return {
    port: listening,
    url: `https://127.0.0.1:${listening}`,
    storage,
    tokens,
    authorizer,
    faults,
    counters,
    watches,
    handleWith(next: Handler): void {
      handle = next
    },
    breakConnections(): void {
      for (const socket of sockets) socket.destroy()
    },
    async close(): Promise<void> {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function answerError(response: Http2ServerResponse, error: unknown): void {
  const message = `Internal error occurred: ${(error as Error).message}`
  const status = error instanceof StatusError ? error.status : failure(500, 'InternalError', message)
  if (response.headersSent) response.stream?.close()
  else sendJson(response, status.code, status)
}
