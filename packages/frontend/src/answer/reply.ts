import type { Http2ServerResponse } from 'node:http2'
import type { Clock } from '@metrics-ring/common/clock'
import type { Context } from 'koa'
import type { Answer } from './answer.ts'
import { type Body, wholeBody } from './body.ts'
import { gzipBody, leastGzipBytes } from './gzip.ts'
import { send } from './send.ts'

/** Writes answers. Resolves when all of the answer was handed over. */
export type Reply = (ctx: Context, answer: Answer) => Promise<void>

export function createReply(clock: Clock): Reply {
  /** Whoever shares a body shares its compressed form too. */
  const compressed = new WeakMap<Body, Body>()

  function gzipped(body: Body): Body {
    const known = compressed.get(body)
    if (known) return known
    const made = gzipBody(body)
    compressed.set(body, made)
    return made
  }
  return async (ctx, { code, headers = {}, body }) => {
    // It was answered that it took too long.
    if (ctx.headerSent) return
    ctx.status = code
    ctx.set(headers)
    if (typeof body === 'string' || (Buffer.isBuffer(body) && body.length <= leastGzipBytes)) {
      ctx.body = body
      return
    }
    const plain = Buffer.isBuffer(body) ? wholeBody(body) : body
    const large = (plain.length ?? Number.POSITIVE_INFINITY) > leastGzipBytes
    const zipped = large && takesGzip(ctx.get('accept-encoding'))
    if (zipped) {
      ctx.set('Content-Encoding', 'gzip')
      ctx.vary('Accept-Encoding')
    } else if (plain.length !== undefined) ctx.set('Content-Length', String(plain.length))
    ctx.respond = false
    const response = ctx.res as unknown as Http2ServerResponse
    response.statusCode = code
    await send(response, zipped ? gzipped(plain) : plain, clock)
  }
}

/** As kube-apiserver reads it: only the bare word counts, so that `gzip;q=0` and `x-gzip` are no wish for it. */
function takesGzip(acceptEncoding: string): boolean {
  return acceptEncoding.split(',').some((token) => token.trim() === 'gzip')
}
