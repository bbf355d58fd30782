import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { createKubeClient } from '@metrics-ring/common/kube/kube'
import { createFakeClock, type FakeClock } from '@metrics-ring/common/testing/fake-clock'
import { requestInfo } from '../../src/request/request-info.ts'
import { createAuthenticator } from '../../src/trust/authn.ts'
import { createAuthorizer, defaultAlwaysAllowPaths } from '../../src/trust/authz.ts'
import { createAccessReviewer } from '../../src/trust/subject-access-review.ts'
import { createTokenReviewer } from '../../src/trust/token-review.ts'
import { advertisedCas, type TrustConfig } from '../../src/trust/trust.ts'
import type { Pair } from '../pki.ts'
import { servingPair } from '../tls-fixture.ts'
import type { ReviewServer } from './review-server.ts'

/** What a request came to: the status, and who it was taken to be. */
export type Outcome = { status: number; via?: string; user?: { name: string; groups: string[] } }

export type Secured = {
  port: number
  clock: FakeClock
  trust: (trust: TrustConfig) => void
  close(): Promise<void>
}

/** A server that tells everybody who they are, behind the real authenticator and authorizer. */
export async function startSecured(
  trust: TrustConfig,
  reviews: ReviewServer,
  secureOptions = 0,
): Promise<Secured> {
  const { cert, key } = await servingPair()
  const config = { server: reviews.url, tls: { ca: cert }, token: async () => 'own' }
  const client = createKubeClient(config)
  const clock = createFakeClock()
  let trusted = trust
  const authenticate = createAuthenticator({
    trust: () => trusted,
    reviewToken: createTokenReviewer({ client, clock, ttlMs: 10_000 }),
    nowMs: () => Date.now() + clock.mono(),
  })
  const access = createAccessReviewer({ client, clock, allowedTtlMs: 10_000, deniedTtlMs: 10_000 })
  const authorize = createAuthorizer({ access, alwaysAllowPaths: defaultAlwaysAllowPaths })
  const tls = {
    cert,
    key,
    ca: advertisedCas(trust),
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions,
  }
  const limits = {
    maxHeaderListPairs: 5_000,
    settings: { maxHeaderListSize: 1 << 20 },
    maxHeaderSize: 1 << 20,
  }
  const server = http2.createSecureServer({ allowHTTP1: true, ...limits, ...tls })
  Object.assign(server, { maxHeadersCount: 5_000 })
  server.on('request', async (request, response) => {
    const outcome = await judge(request)
    response.statusCode = outcome.status
    response.end(JSON.stringify(outcome))
  })
  async function judge(request: http2.Http2ServerRequest): Promise<Outcome> {
    const identity = await authenticate(request)
    if ('status' in identity) return { status: identity.status }
    const info = requestInfo(request.method, request.url)
    if (!info) return { status: 400 }
    const { decision } = await authorize(identity.user, info)
    const status = { allowed: 200, denied: 403, failed: 500 }[decision]
    return { status, via: identity.via, user: identity.user }
  }
  const port = await listen(server)
  return {
    port,
    clock,
    trust: (next) => {
      trusted = next
    },
    async close() {
      await close(server)
      await client.close()
    },
  }
}

export type Headers = Record<string, string | string[]>
export type Ask = { path?: string; headers?: Headers; pair?: Pair | undefined }
/** A way to put one request to a server over a connection of its own. */
export type Client = (port: number, ask: Ask) => Promise<Outcome>

const tlsOf = (pair: Pair | undefined) => ({ ...pair, rejectUnauthorized: false, host: '127.0.0.1' })

export const http1: Client = async (port, { path = '/', headers = {}, pair }) => {
  const request = https.request({ ...tlsOf(pair), port, path, headers, agent: false })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return JSON.parse(await text(response))
}

export const overHttp2: Client = async (port, { pair, ...ask }) => {
  const session = http2.connect(`https://127.0.0.1:${port}`, tlsOf(pair))
  try {
    return await onSession(session, ask)
  } finally {
    session.destroy()
  }
}

/** One request on an HTTP/2 connection that stands. */
export async function onSession(
  session: http2.ClientHttp2Session,
  { path = '/', headers = {} }: Ask,
): Promise<Outcome> {
  return JSON.parse(await text(session.request({ ':path': path, ...headers })))
}

type AnyServer = https.Server | http2.Http2SecureServer

export async function listen(server: AnyServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

export function close(server: AnyServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}

/** The status of a GET, with headers exactly as they are given. */
export async function statusOn(socket: TLSSocket, headers: string): Promise<number> {
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  return Number(text.split(' ')[1])
}
