import { goQuote } from '../request/go-quote.ts'
import { group, type Resource } from './api.ts'

/** A metav1.Status in the order of Go's fields. Empty fields are absent. */
export type Status = {
  kind?: 'Status'
  apiVersion?: 'v1'
  metadata: Record<string, never>
  status: 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code: number
}

export type StatusDetails = {
  name?: string
  group?: string
  kind?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export type StatusCause = { reason: string; message: string; field: string }

/** An answer that is not 2xx. A text body is sent as it is, a Status in the negotiated encoding. */
export type Failure = { code: number; body: Status | string; headers?: Record<string, string> }

export function isFailure(value: object): value is Failure {
  return 'code' in value && 'body' in value
}

export function unauthorized(): Failure {
  return failure(401, 'Unauthorized', 'Unauthorized')
}

export function badRequest(message: string): Failure {
  return failure(400, 'BadRequest', message)
}

/** A path of the group, or a resource, that does not exist. */
export function unknownPath(): Failure {
  return failure(404, 'NotFound', 'the server could not find the requested resource', {})
}

/** A Pod that is unknown or not Running. */
export function podNotFound(name: string): Failure {
  return notFound('pods', name, { name, kind: 'pods' })
}

/** A Pod that is known and has no usage to serve. */
export function podMetricsNotFound(namespace: string, name: string): Failure {
  const path = `${namespace}/${name}`
  return notFound(`podmetrics.${group}`, path, { name: path, group, kind: 'podmetrics' })
}

/** A Node that is unknown. */
export function nodeNotFound(name: string): Failure {
  return notFound('node', name, { name, kind: 'node' })
}

/** A Node that is known and has no usage to serve. */
export function nodeMetricsNotFound(name: string): Failure {
  return notFound(`nodemetrics.${group}`, name, { name, group, kind: 'nodemetrics' })
}

/** 422; `kind` is qualified by its group, as `ListOptions.meta.k8s.io`. */
export function invalid(qualifiedKind: string, causes: StatusCause[]): Failure {
  const [kind, ...rest] = qualifiedKind.split('.')
  const texts = causes.map(({ field, message }) => `${field}: ${message}`)
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const details = { group: rest.join('.'), kind: kind as string, causes }
  return failure(422, 'Invalid', `${qualifiedKind} "" is invalid: ${list}`, details)
}

/** A known path, a method it does not have. */
export function methodNotAllowed(): Failure {
  return failure(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}

export function watchNotSupported(resource: Resource): Failure {
  const message = `watch is not supported on resources of kind "${resource}.${group}"`
  return failure(405, 'MethodNotAllowed', message, { group, kind: resource })
}

/** `details` only where the router, not the handler, refuses. */
export function notAcceptable(message: string, details?: StatusDetails): Failure {
  return failure(406, 'NotAcceptable', message, details)
}

/** The request took longer than it may. Go writes this one without kind and apiVersion, whatever Accept says. */
export function timedOut(): Failure {
  const message = 'Timeout: request did not complete within the allotted timeout'
  return {
    code: 504,
    body: { metadata: {}, status: 'Failure', message, reason: 'Timeout', details: {}, code: 504 },
  }
}

/** More requests are in flight than may be. */
export function tooManyRequests(retryAfterSeconds = 1): Failure {
  const { code, body, headers } = textFailure(429, 'Too many requests, please try again later.')
  return { code, body, headers: { ...headers, 'Retry-After': String(retryAfterSeconds) } }
}

/** Nothing can be answered yet, and an empty list would be a lie. */
export function serviceUnavailable(message: string, retryAfterSeconds = 1): Failure {
  const { code, body } = failure(503, 'ServiceUnavailable', message, { retryAfterSeconds })
  return { code, body, headers: { 'Retry-After': String(retryAfterSeconds) } }
}

/** An error of the store or of our own; `message` leaves the house. */
export function internalError(message: string): Failure {
  return failure(500, undefined, message)
}

function notFound(subject: string, name: string, details: StatusDetails): Failure {
  return failure(404, 'NotFound', `${subject} ${goQuote(name)} not found`, details)
}

/** `details` are absent where they are undefined; `{}` where Go's router or filters answer. */
export function failure(
  code: number,
  reason: string | undefined,
  message: string,
  details?: StatusDetails,
): Failure {
  const body: Status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  }
  return { code, body }
}

/** As Go's http.Error. */
export function textFailure(code: number, text: string): Failure {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }
  return { code, body: `${text}\n`, headers }
}
