import { constants } from 'node:crypto'
import http2, {
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type SecureServerOptions,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Clock, sleep } from '@metrics-ring/common/clock'

/** What the server shows and which CAs it names to clients; PEM texts. */
export type ServingTls = {
  cert: string
  key: string
  /** CAs named in the request for a client certificate. Nothing is refused here: who asks is judged per request. */
  clientCas: string
  minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL names, joined by colons. */
  ciphers?: string
}

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void

export type ServerOptions = {
  tls: ServingTls
  handler: Handler
  clock: Clock
  /** In [0, 1): spreads the ages at which connections end. */
  random: () => number
  /** A connection is asked to end at this age ± 20 %, milliseconds, so that load follows the endpoints. */
  connectionAgeMs?: number
}

export type Server = {
  /** @param host undefined: all addresses of either family. */
  listen(port: number, host: string | undefined): Promise<AddressInfo>
  /** Of new connections on; those that stand go on as they are. */
  renew(tls: ServingTls): void
  connections(): number
  /** Takes no new connection, asks clients to leave, waits for answers under way, at most `mostMs`. */
  drain(mostMs: number): Promise<void>
}

/** Between "please leave" and "no more": what a client sends until it has read the former is still answered. */
const noticeMs = 1_000
/** A connection that was asked to leave and still has answers under way is cut after this. */
const lingerMs = 60_000
const defaultAgeMs = 5 * 60_000

const mostHeaders = 5_000
const limits: SecureServerOptions = {
  allowHTTP1: true,
  // A user in a thousand groups sends as many headers (Go accepts 1 MiB; Node's default is 128 pairs).
  settings: { maxConcurrentStreams: 250, maxHeaderListSize: 1 << 20 },
  maxHeaderListPairs: mostHeaders,
  // Unsent answers count too: a few large lists must not make the session refuse others. MiB.
  maxSessionMemory: 256,
}
/** For HTTP/1.1. Go keeps idle connections for 90 s: ours must not end first. */
const http1Limits = { maxHeaderSize: 1 << 20, keepAliveTimeout: 95_000 }

/** HTTPS for HTTP/2 and HTTP/1.1 on one port. */
export function createServer({ tls, handler, clock, random, connectionAgeMs }: ServerOptions): Server {
  const sockets = new Map<Socket, number>()
  const sessions = new Set<ServerHttp2Session>()
  let draining = false
  const server = http2.createSecureServer({ ...limits, ...http1Limits, ...secure(tls) })
  // Of HTTP/1.1; not among the options of an HTTP/2 server.
  Object.assign(server, { maxHeadersCount: mostHeaders })

  const ageMs = () => (connectionAgeMs ?? defaultAgeMs) * (0.8 + 0.4 * random())
  function retire(session: ServerHttp2Session) {
    if (session.closed || session.destroyed) return
    session.goaway(0, 2 ** 31 - 1)
    const cancels = [
      clock.after(noticeMs, () => session.close()),
      clock.after(lingerMs, () => session.destroy()),
    ]
    session.once('close', () => {
      for (const cancel of cancels) cancel()
    })
  }
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.set(socket, clock.mono() + ageMs())
    socket.setKeepAlive(true, 30_000)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('session', (session) => {
    sessions.add(session)
    const cancel = clock.after(ageMs(), () => retire(session))
    session.on('close', () => {
      cancel()
      sessions.delete(session)
    })
    if (draining) retire(session)
  })
  server.on('request', (request, response) => {
    const endMs = request.httpVersionMajor === 1 ? (sockets.get(request.socket) ?? 0) : undefined
    if (endMs !== undefined && (draining || clock.mono() > endMs)) response.setHeader('connection', 'close')
    // One that began before we knew would be kept for the next.
    if (endMs !== undefined) response.once('finish', () => draining && request.socket.end())
    handler(request, response)
  })

  return {
    listen: (port, host) => listen(server, port, host),
    renew: (renewed) => server.setSecureContext(secure(renewed)),
    connections: () => sockets.size,
    async drain(mostMs) {
      draining = true
      for (const session of sessions) retire(session)
      // Node's close would end sessions at once.
      if (sockets.size > 0) await sleep(clock, Math.min(noticeMs, mostMs))
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const cancel = clock.after(Math.max(0, mostMs - noticeMs), () => {
        for (const socket of sockets.keys()) socket.destroy()
      })
      await closed
      cancel()
    },
  }
}

function secure({ cert, key, clientCas, minVersion, ciphers }: ServingTls) {
  return {
    cert,
    key,
    ...(clientCas ? { ca: clientCas } : {}),
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: minVersion ?? ('TLSv1.2' as const),
    ...(ciphers ? { ciphers } : {}),
    // No tickets and no session cache: a resumed session would come without its client's certificate chain.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
}

function listen(server: Http2SecureServer, port: number, host: string | undefined): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}
