import type { Trace } from '@metrics-ring/common/telemetry/trace'
import type { RequestInfo } from '../request/request-info.ts'
import type { Body } from './body.ts'
import type { Failure } from './status.ts'

/** A request that may be answered. */
export type Ask = {
  method: string
  info: RequestInfo
  headers: AskHeaders
  /** Of the request, where it is traced. */
  trace?: Trace | undefined
}

/** The headers that answers depend on, as they came. No others get here: who asks has been found out before. */
export type AskHeaders = {
  accept: string | undefined
  userAgent: string | undefined
  ifNoneMatch: string | undefined
}

/** What a request is answered with. */
export type Answer = {
  code: number
  headers?: Readonly<Record<string, string>>
  body: Body | Buffer | string
}

/** A failure is an answer too: see `isAnswer`. */
export type Outcome = Answer | Failure

export function textAnswer(code: number, body: string): Answer {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }
  return { code, headers, body }
}

/** A Status has yet to be written as the one who asks can read it; anything else is sent as it is. */
export function isAnswer(found: Outcome): found is Answer {
  return typeof found.body === 'string' || !('status' in found.body)
}
