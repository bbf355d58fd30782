/**
 * One TLS connection to an extension API server: HTTP/2 if it agrees, else HTTP/1.1. A connection that
 * said GOAWAY takes no more requests; a request it did not process fails as `Unprocessed` and may be
 * sent again, as Go's transport does. Any other failure is the caller's answer.
 */

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from 'node:http2'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { overHttp1 } from './connection-http1.ts'
import type { Endpoint } from './endpoints.ts'
import {
  type Connection,
  type Incoming,
  type Outgoing,
  plainHeaders,
  type Trust,
  Unprocessed,
} from './transport.ts'

export type Pings = { idleMs: number; timeoutMs: number }

export async function openConnection(endpoint: Endpoint, trust: Trust, pings: Pings): Promise<Connection> {
  const options: ConnectionOptions = {
    host: endpoint.host,
    port: endpoint.port,
    servername: trust.serverName,
    rejectUnauthorized: !trust.insecure,
    cert: trust.cert,
    key: trust.key,
    minVersion: 'TLSv1.2',
    ...(trust.caBundle !== undefined && { ca: trust.caBundle }),
  }
  const socket = await handshake({ ...options, ALPNProtocols: ['h2', 'http/1.1'] })
  const authority = `${endpoint.host}:${endpoint.port}`
  if (socket.alpnProtocol === 'h2') return overHttp2(socket, authority, pings)
  socket.destroy()
  return overHttp1(options, authority)
}

async function handshake(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls(options)
  socket.setNoDelay(true)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('secureConnect', resolve)
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('EOF')))
  socket.setTimeout(10_000, () => socket.destroy(new Error('TLS handshake timeout')))
  await promise
  socket.setTimeout(0)
  socket.removeListener('error', reject)
  return socket
}

function overHttp2(socket: TLSSocket, authority: string, pings: Pings): Connection {
  const session = connectHttp2(`https://${authority}`, {
    createConnection: () => socket,
    maxSessionMemory: 1000,
  })
  let lastProcessed = Number.POSITIVE_INFINITY
  let open = true
  const shut = () => {
    open = false
  }
  session.on('error', shut)
  session.on('close', shut)
  session.on('goaway', (_code, lastStreamId) => {
    open = false
    lastProcessed = lastStreamId
  })
  keepPinging(session, socket, pings)
  return {
    usable: () => open && !session.closed && !session.destroyed,
    send: (outgoing, signal) => sendHttp2(session, authority, outgoing, signal, () => lastProcessed),
    close: () => session.close(),
    destroy: () => session.destroy(),
  }
}

/** Finds out about a peer that hangs: nothing else would. */
function keepPinging(session: ClientHttp2Session, socket: TLSSocket, { idleMs, timeoutMs }: Pings): void {
  let late: NodeJS.Timeout | undefined
  const timer = setInterval(() => {
    if (session.destroyed) return
    late ??= setTimeout(() => {
      session.destroy(new Error('http2: client connection lost'))
      socket.destroy()
    }, timeoutMs)
    session.ping((error) => {
      if (error) return
      clearTimeout(late)
      late = undefined
    })
  }, idleMs)
  session.once('close', () => {
    clearInterval(timer)
    clearTimeout(late)
  })
}

async function sendHttp2(
  session: ClientHttp2Session,
  authority: string,
  { method, path, headers, body }: Outgoing,
  signal: AbortSignal,
  lastProcessed: () => number,
): Promise<Incoming> {
  if (session.closed || session.destroyed) throw new Unprocessed('the session is closed')
  const pseudo = { ':method': method, ':path': path, ':authority': authority, ':scheme': 'https' }
  const stream = session.request({ ...pseudo, ...headers }, { endStream: body === undefined, signal })
  body?.pipe(stream)
  const { promise, resolve, reject } = Promise.withResolvers<Incoming>()
  stream.once('response', ({ ':status': status, ...rest }) => {
    resolve({ status: Number(status), headers: plainHeaders(rest), body: stream })
  })
  stream.on('error', (error) => {
    const refused = unprocessed(stream, lastProcessed())
    reject(refused && !signal.aborted ? new Unprocessed(error.message) : error)
  })
  stream.once('close', () => {
    reject(unprocessed(stream, lastProcessed()) ? new Unprocessed('refused') : new Error('unexpected EOF'))
  })
  return promise
}

function unprocessed(stream: ClientHttp2Stream, lastProcessed: number): boolean {
  if (stream.id === undefined || stream.id > lastProcessed) return true
  return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
}
