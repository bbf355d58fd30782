import type { Body } from './body.ts'
import type { RequestInfo } from './request-info.ts'

/** A request that may be answered. */
export type Ask = { method: string; info: RequestInfo; headers: AskHeaders }

/** The headers that answers depend on, as they came. */
export type AskHeaders = {
  accept: string | undefined
  userAgent: string | undefined
  ifNoneMatch: string | undefined
}

/** What a request is answered with. */
export type Answer = {
  status: number
  headers: Readonly<Record<string, string>>
  body: Body | Buffer | string
}

export function textAnswer(status: number, body: string): Answer {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }
  return { status, headers, body }
}
