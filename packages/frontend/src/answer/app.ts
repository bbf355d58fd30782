import { randomUUID } from 'node:crypto'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Clock } from '@metrics-ring/common/clock'
import { CodedError } from '@metrics-ring/common/errors'
import { silentMeter } from '@metrics-ring/common/telemetry/metric'
import { type Trace, type Tracing, within } from '@metrics-ring/common/telemetry/trace'
import Koa, { type Context, type Next } from 'koa'
import type { Events } from '../events.ts'
import { renderFailure } from '../render/render-status.ts'
import { parseTimeout } from '../request/list-options.ts'
import { negotiateError, prettyAsked } from '../request/negotiate.ts'
import { type RequestInfo, requestInfo } from '../request/request-info.ts'
import type { Authenticator } from '../trust/authn.ts'
import type { Authorizer } from '../trust/authz.ts'
import type { User } from '../trust/identity.ts'
import { type Ask, isAnswer, type Outcome } from './answer.ts'
import { type ApiMetrics, createApiMetrics } from './api-metrics.ts'
import { apiSpans } from './api-spans.ts'
import { untilLate } from './deadline.ts'
import { createReply } from './reply.ts'
import { cut } from './send.ts'
import {
  badRequest,
  type Failure,
  internalError,
  serviceUnavailable,
  timedOut,
  tooManyRequests,
  unauthorized,
} from './status.ts'
import { type Attempt, authorizationError, forbidden, refused } from './status-forbidden.ts'

export type AppDeps = {
  /** Whom to trust is known; before that nobody could be told apart. */
  trustLoaded: () => boolean
  authenticate: Authenticator
  authorize: Authorizer
  answer: (ask: Ask) => Outcome | Promise<Outcome>
  clock: Clock
  events: Pick<Events, 'requestFailed' | 'slowReader'>
  metrics?: ApiMetrics
  tracing?: Tracing | undefined
  /** Requests answered at a time, masters aside; 0: no limit. */
  mostInFlight: number
}

/** What is known of a request by the time it is answered. */
type State = { info: RequestInfo; user: User; trace?: Trace }

/**
 * The way of a request, as in kube-apiserver: marked, read, authenticated, let in, authorized, answered.
 * Whatever goes wrong on the way and is no answer of its own ends in the one sink at the top.
 */
export function createApp(deps: AppDeps) {
  const { authenticate, authorize, clock, events, mostInFlight } = deps
  const { tracing, metrics = createApiMetrics(silentMeter) } = deps
  const reply = createReply(clock)
  let inFlight = 0

  const fail = (ctx: Context, failure: Failure) => {
    const pretty = prettyAsked(queryOf(ctx), ctx.get('user-agent'))
    return reply(ctx, renderFailure(failure, negotiateError(ctx.get('accept') || undefined, pretty)))
  }
  async function count(ctx: Context, next: Next) {
    const startedMs = clock.mono()
    metrics.begun()
    try {
      await next()
    } finally {
      const { info, trace } = ctx.state as Partial<State>
      metrics.ended(info, isCut(ctx) ? 'aborted' : ctx.status, clock.mono() - startedMs)
      trace?.note({ 'http.response.status_code': ctx.status })
      trace?.end(ctx.status >= 500 ? String(ctx.status) : undefined)
    }
  }
  async function sink(ctx: Context, next: Next) {
    try {
      await next()
    } catch (error) {
      if (error instanceof CodedError && error.code === 'slow_reader') return events.slowReader(ctx.path)
      events.requestFailed(error, ctx.method, ctx.path)
      if (ctx.headerSent) cut(ctx.res as unknown as Http2ServerResponse)
      else await fail(ctx, internalError('internal error'))
    }
  }
  function mark(ctx: Context, next: Next) {
    ctx.set('Audit-Id', auditId(ctx.get('audit-id')))
    ctx.set('Cache-Control', 'no-cache, private')
    return next()
  }
  async function read(ctx: Context, next: Next) {
    const info = requestInfo(ctx.method, ctx.req.url ?? '')
    if (!info) return fail(ctx, badRequest('the request target cannot be read'))
    const timeout = parseTimeout(info.query)
    if (typeof timeout === 'object') return fail(ctx, timeout)
    ctx.state.info = info
    return untilLate(clock, timeout, next(), () => giveUp(ctx))
  }
  async function giveUp(ctx: Context) {
    if (ctx.headerSent) cut(ctx.res as unknown as Http2ServerResponse)
    else await fail(ctx, timedOut())
  }
  async function identify(ctx: Context, next: Next) {
    if (!deps.trustLoaded() && !isProbe(ctx.state.info)) return fail(ctx, serviceUnavailable('starting'))
    const startedMs = clock.mono()
    const found = await authenticate(ctx.req as never)
    metrics.authenticated(found)
    if ('user' in found) ctx.state.user = found.user
    if (tracing && 'via' in found)
      ctx.state.trace = traceOf(tracing, ctx, found.via, clock.mono() - startedMs)
    if (!('status' in found)) return next()
    return fail(ctx, found.status === 401 ? unauthorized() : refused(found.reason))
  }
  async function admit(ctx: Context, next: Next) {
    const { user } = ctx.state as State
    if (mostInFlight === 0 || user.groups.includes('system:masters')) return next()
    if (inFlight >= mostInFlight) return fail(ctx, tooManyRequests())
    inFlight++
    try {
      return await next()
    } finally {
      inFlight--
    }
  }
  async function permit(ctx: Context, next: Next) {
    const { info, user, trace } = ctx.state as State
    const found = await within(trace, apiSpans.authz, () => authorize(user, info))
    metrics.authorized(found)
    if (found.decision === 'allowed') return next()
    if (found.decision === 'denied') return fail(ctx, forbidden(attemptOf(user, info), found.reason))
    return fail(ctx, authorizationError(ctx.req.url ?? '', found.message))
  }
  async function answer(ctx: Context) {
    const found = await deps.answer(askOf(ctx))
    const write = () => (isAnswer(found) ? reply(ctx, found) : fail(ctx, found))
    return within((ctx.state as State).trace, apiSpans.write, write)
  }

  const app = new Koa()
  // What koa itself reports are connections that broke off.
  app.silent = true
  for (const step of [count, sink, mark, read, identify, admit, permit, answer]) app.use(step)
  return app.callback() as unknown as (request: Http2ServerRequest, response: Http2ServerResponse) => void
}

/** The answer was not handed over whole: koa ends those that are short after this. */
function isCut({ res, respond }: Context): boolean {
  return respond === false && !res.writableEnded
}

/** Asked by those who have no certificate. */
function isProbe({ path }: RequestInfo): boolean {
  return path === '/readyz' || path === '/livez' || path === '/healthz'
}

function askOf(ctx: Context): Ask {
  const header = (name: string) => ctx.get(name) || undefined
  const headers = {
    accept: header('accept'),
    userAgent: header('user-agent'),
    ifNoneMatch: header('if-none-match'),
  }
  const { info, trace } = ctx.state as State
  return { method: ctx.method, info, headers, trace }
}

/** Whoever else names a trace is not believed: it could have everything kept. */
function traceOf(tracing: Tracing, { method, req, headers }: Context, via: string, agoMs: number): Trace {
  const attributes = { 'http.request.method': method, 'url.path': (req.url ?? '').split('?')[0] ?? '' }
  const parent = via === 'front_proxy' ? { headers } : {}
  const trace = tracing.begin(apiSpans.request, { attributes, agoMs, ...parent })
  trace.past(apiSpans.authn, agoMs)
  return trace
}

/** Also of requests that could not be read. */
function queryOf(ctx: Context): URLSearchParams {
  return (ctx.state as Partial<State>).info?.query ?? new URLSearchParams()
}

/** The caller's, where it can be one; a header of any other sort is not sent back. */
function auditId(given: string): string {
  return /^[\w-]{1,64}$/.test(given) ? given : randomUUID()
}

function attemptOf(user: User, { verb, path, resource: asked }: RequestInfo): Attempt {
  if (!asked) return { user: user.name, verb, path }
  const { group, resource, subresource, namespace, name } = asked
  return { user: user.name, verb, apiGroup: group, resource, subresource, namespace, name }
}
