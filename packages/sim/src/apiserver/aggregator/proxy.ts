/** Passes a call on to an extension API server (kube-aggregator handler_proxy.go). */
import { randomUUID } from 'node:crypto'
import { type Call, sendJson, sendText } from '../http.ts'
import { badRequest, failure } from '../status.ts'
import type { Target } from './endpoints.ts'
import { identityHeaders } from './identity.ts'
import type { Pool } from './pool.ts'
import type { HeaderMap, Incoming } from './transport.ts'

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])
const corsHeaders = /^access-control-(allow-(origin|methods|headers|credentials)|expose-headers|max-age)$/
const unforwarded =
  /^(:.*|host|authorization|x-remote-(user|uid|group|extra-.*)|impersonate-.*|content-length)$/

export type ProxyOptions = { requestTimeoutMs: number }

export async function proxy(
  call: Call,
  target: Target,
  pool: Pool,
  { requestTimeoutMs }: ProxyOptions,
): Promise<void> {
  const { request, response } = call
  const controller = new AbortController()
  const isDiscovery = call.path.split('/').filter((part) => part !== '').length === 3
  const limitMs = Math.min(isDiscovery ? 5000 : requestTimeoutMs, clientTimeoutMs(call.query))
  const timer = setTimeout(() => controller.abort(new TimedOut()), limitMs)
  response.once('close', () => controller.abort())
  try {
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD'
    const outgoing = { method: request.method, path: outgoingPath(call), headers: outgoingHeaders(call) }
    const incoming = await pool.send(
      target,
      hasBody ? { ...outgoing, body: request } : outgoing,
      controller.signal,
    )
    await passBack(call, incoming)
  } catch (error) {
    answerFailure(call, controller.signal.reason ?? error)
  } finally {
    clearTimeout(timer)
  }
}

class TimedOut extends Error {}

function answerFailure({ response }: Call, error: unknown): void {
  if (response.headersSent) {
    if (response.stream) response.stream.close()
    else response.destroy()
    return
  }
  if (error instanceof TimedOut) {
    const message = 'Timeout: request did not complete within the allotted timeout'
    sendJson(response, 504, failure(504, 'Timeout', message, {}))
  } else sendText(response, 503, `error trying to reach service: ${(error as Error).message}`)
}

/** A client may shorten the time by `?timeout=`, a Go duration. */
function clientTimeoutMs(query: URLSearchParams): number {
  const value = query.get('timeout')
  if (!value) return Number.POSITIVE_INFINITY
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) {
    throw badRequest(`invalid timeout specified in the request URL - time: invalid duration "${value}"`)
  }
  const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitMs[unit ?? ''] ?? 0), 0)
}

/** The path as it came; the query decoded and encoded again: keys sorted, a space as `+`. */
function outgoingPath({ request, query }: Call): string {
  const [path = '/'] = request.url.split('?', 1)
  const pairs = [...query].sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
  if (pairs.length === 0) return path
  return `${path}?${pairs.map(([key, value]) => `${goEscape(key)}=${goEscape(value)}`).join('&')}`
}

function goEscape(text: string): string {
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, hex)
    .replaceAll('%20', '+')
}

function outgoingHeaders({ request, user, path }: Call): HeaderMap {
  const headers: HeaderMap = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !hopByHop.has(name) && !unforwarded.test(name)) headers[name] = value
  }
  const { remoteAddress = '' } = request.socket
  const forwarded = headers['x-forwarded-for']
  return {
    ...headers,
    ...identityHeaders(user),
    'x-forwarded-for': forwarded ? `${forwarded}, ${remoteAddress}` : remoteAddress,
    'x-forwarded-uri': path,
    'x-forwarded-host': request.authority || request.headers.host || '',
    'x-forwarded-proto': 'https',
    'audit-id': headers['audit-id'] ?? randomUUID(),
  }
}

async function passBack({ request, response }: Call, { status, headers, body }: Incoming): Promise<void> {
  if (status >= 300 && status < 400 && headers.location !== undefined) {
    body.destroy()
    sendText(response, 502, 'the backend attempted to redirect this request, which is not permitted')
    return
  }
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) {
    if (!hopByHop.has(name) && !corsHeaders.test(name)) response.setHeader(name, value)
  }
  if (request.method === 'HEAD') {
    body.resume()
    response.end()
    return
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  body.once('error', reject)
  body.once('end', resolve)
  body.once('close', () => reject(new Error('unexpected EOF')))
  body.on('data', (chunk: Buffer) => {
    if (response.write(chunk)) return
    body.pause()
    response.once('drain', () => body.resume())
  })
  await promise
  response.end()
}
