import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AsyncStop } from '@metrics-ring/common/lifecycle'
import type { Asset } from './assets.ts'
import { refusal } from './guard.ts'

/** Who listens to the events; `send` is text of one event. */
export type Listener = { send(event: string): void }

export type AdminServer = {
  address: AddressInfo
  stop: AsyncStop
}

export type AdminOptions = {
  port: number
  assets: ReadonlyMap<string, Asset>
  /** A page has opened; the returned function is called when it has gone. */
  onListener: (listener: Listener) => () => void
}

const mostListeners = 32
/** A page that has so much unread is not there any more, bytes. */
const mostUnread = 8 << 20

/** The page may load its own files, draw, and listen to its own events; nothing may frame it or learn where it led. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

/** Plain HTTP on loopback only, read-only: /ring and what it loads. Resolves when it listens. */
export async function serveAdmin({ port, assets, onListener }: AdminOptions): Promise<AdminServer> {
  const listeners = new Set<ServerResponse>()

  function answer(request: IncomingMessage, response: ServerResponse) {
    const { method, headers: asked } = request
    const refused = refusal({ method, host: asked.host, site: header(asked['sec-fetch-site']) })
    if (refused) return sendText(response, refused.status, refused.text)
    const path = (request.url ?? '').split('?', 1)[0] ?? ''
    if (path === '/ring/events') return listen(response)
    if (path === '/' || path === '/ring/')
      return void response.writeHead(302, { ...headers, location: '/ring' }).end()
    const asset = assets.get(path)
    if (!asset) return sendText(response, 404, 'there is /ring\n')
    response.writeHead(200, { ...headers, 'content-type': asset.type }).end(asset.body)
  }
  function listen(response: ServerResponse) {
    if (listeners.size >= mostListeners) return sendText(response, 503, 'too many pages are open\n')
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
    response.flushHeaders()
    listeners.add(response)
    const leave = onListener({
      send(event) {
        response.write(event)
        if (response.writableLength > mostUnread) response.destroy()
      },
    })
    response.on('close', () => {
      listeners.delete(response)
      leave()
    })
  }
  const server = createServer(answer)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    address: server.address() as AddressInfo,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function sendText(response: ServerResponse, status: number, text: string): void {
  const allow = status === 405 ? { allow: 'GET' } : {}
  response.writeHead(status, { ...headers, ...allow, 'content-type': 'text/plain; charset=utf-8' }).end(text)
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
