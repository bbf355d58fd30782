import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { type CertificateAuthority, createAuthority, type Issued } from '@metrics-ring/sim/pki'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** An HTTPS server that stands for a kubelet and does what a test tells it to. */
export type TestKubelet = {
  port: number
  /** TLS connections made so far. */
  connections(): number
  requests: IncomingMessage[]
  answer(handler: Handler): void
  /** From now on shows this certificate. */
  show(issued: Issued): void
  /** Cuts every connection that is open. */
  cut(): void
}

let authority: Promise<CertificateAuthority> | undefined

/** The CA of the tests; made once, for keys take their time. */
export function testAuthority(): Promise<CertificateAuthority> {
  authority ??= createAuthority('test-ca')
  return authority
}

export const serving = (names: { dnsNames?: string[]; ipAddresses?: string[]; notAfter?: Date }) => ({
  commonName: 'system:node:node-1',
  usages: ['serverAuth' as const],
  ...names,
})

const stops: (() => Promise<void>)[] = []

/** For `afterEach`: stops all that was started. */
export async function stopServers(): Promise<void> {
  await Promise.all(stops.splice(0).map((stop) => stop()))
}

export async function startTestKubelet(
  options: { issued?: Issued; host?: string; port?: number; clientCa?: string } = {},
): Promise<TestKubelet> {
  const issued =
    options.issued ?? (await (await testAuthority()).issue(serving({ ipAddresses: ['127.0.0.1'] })))
  let handler: Handler = (_, response) => response.end('node_cpu_usage_seconds_total 1\n')
  let connections = 0
  const requests: IncomingMessage[] = []
  const server = createServer({
    cert: issued.certPem,
    key: issued.keyPem,
    keepAliveTimeout: 60_000,
    ...(options.clientCa && { ca: options.clientCa, requestCert: true }),
  })
  server.on('request', (request, response) => {
    requests.push(request)
    handler(request, response)
  })
  server.on('secureConnection', () => connections++)
  const listening = await listen(server, options.host, options.port)
  return {
    port: listening.port,
    connections: () => connections,
    requests,
    answer(next) {
      handler = next
    },
    show: ({ certPem, keyPem }) => server.setSecureContext({ cert: certPem, key: keyPem }),
    cut: listening.cut,
  }
}

/** A TCP server: `onSocket` does as it likes. */
export async function startTcp(
  onSocket: (socket: Socket) => void,
  host = '127.0.0.1',
  port = 0,
): Promise<{ port: number; connections(): number }> {
  let connections = 0
  const server = createTcpServer((socket) => {
    connections++
    onSocket(socket)
  })
  return { port: (await listen(server, host, port)).port, connections: () => connections }
}

async function listen(server: Server, host = '127.0.0.1', port = 0) {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.once('close', () => sockets.delete(socket))
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  stops.push(() => {
    cut()
    return new Promise((resolve) => server.close(() => resolve()))
  })
  return { port: (server.address() as AddressInfo).port, cut }
}
