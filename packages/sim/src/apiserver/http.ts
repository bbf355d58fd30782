/** What a handler knows of a request, and the few ways to answer it. */
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Json, User } from './objects.ts'
import type { RequestInfo } from './request-info.ts'
import { badRequest, StatusError } from './status.ts'

export type Call = {
  request: Http2ServerRequest
  response: Http2ServerResponse
  path: string
  query: URLSearchParams
  info: RequestInfo
  user: User
  /** Tells apart those who share a user; see Identity. */
  client: string
}

const bodyLimitBytes = 3 * 1024 * 1024

export function header(request: Http2ServerRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

export async function readBody(request: Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > bodyLimitBytes) {
      throw new StatusError(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728')
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function parseJson(body: Buffer): Json {
  try {
    return JSON.parse(body.toString('utf8')) as Json
  } catch (error) {
    throw badRequest(`error decoding the body: ${(error as Error).message}`)
  }
}

export function sendJson(response: Http2ServerResponse, code: number, value: unknown): void {
  sendText(response, code, `${JSON.stringify(value)}\n`, 'application/json')
}

export function sendText(
  response: Http2ServerResponse,
  code: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  if (response.headersSent || isGone(response)) return
  response.statusCode = code
  response.setHeader('content-type', type)
  response.setHeader('cache-control', 'no-cache, private')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}

/** True once nobody reads the response any more; HTTP/2 and HTTP/1.1 tell it in different ways. */
export function isGone(response: Http2ServerResponse): boolean {
  return (response as { destroyed?: boolean }).destroyed === true || response.stream?.destroyed === true
}

/** Resolves when the response takes more, or is gone. */
export async function writable(response: Http2ServerResponse): Promise<void> {
  if (isGone(response)) return
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('drain', resolve)
  response.once('close', resolve)
  await promise
  response.off('drain', resolve)
  response.off('close', resolve)
}

const chunkCharacters = 128 * 1024

/** Writes many small pieces, all of one kind, in larger chunks, no faster than the client reads them. Stops if it leaves. */
export async function writeAll(
  response: Http2ServerResponse,
  pieces: Iterable<string> | Iterable<Buffer>,
): Promise<void> {
  let parts: (string | Buffer)[] = []
  let length = 0
  for (const piece of pieces) {
    parts.push(piece)
    length += piece.length
    if (length < chunkCharacters) continue
    if (isGone(response)) return
    if (!response.write(joined(parts))) await writable(response)
    else await new Promise<void>((resolve) => setImmediate(resolve))
    parts = []
    length = 0
  }
  if (!isGone(response) && length > 0) response.write(joined(parts))
}

function joined(parts: (string | Buffer)[]): string | Buffer {
  return typeof parts[0] === 'string' ? parts.join('') : Buffer.concat(parts as Buffer[])
}
