/** A metav1.Status of kind Failure, as the real API server words it. */
export type Status = {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never>
  status: 'Failure'
  message: string
  reason?: string
  details?: Record<string, unknown>
  code: number
}

/** An error whose answer to the client is a Status. */
export class StatusError extends Error {
  readonly status: Status
  constructor(code: number, reason: string, message: string, details?: Record<string, unknown>) {
    super(message)
    this.status = failure(code, reason, message, details)
  }
}

export function failure(
  code: number,
  reason: string,
  message: string,
  details?: Record<string, unknown>,
): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === '' ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  }
}

type Named = { resource: string; group: string }

function qualified({ resource, group }: Named): string {
  return group === '' ? resource : `${resource}.${group}`
}

function details({ resource, group }: Named, name: string): Record<string, unknown> {
  return { name, ...(group === '' ? {} : { group }), kind: resource }
}

export function notFound(type: Named, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualified(type)} "${name}" not found`, details(type, name))
}

export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
}

export function alreadyExists(type: Named, name: string): StatusError {
  const message = `${qualified(type)} "${name}" already exists`
  return new StatusError(409, 'AlreadyExists', message, details(type, name))
}

export function conflict(type: Named, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(type)} "${name}": ${why}`
  return new StatusError(409, 'Conflict', message, details(type, name))
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message)
}

export function invalid(kind: string, name: string, message: string): StatusError {
  return new StatusError(422, 'Invalid', `${kind} "${name}" is invalid: ${message}`, { name, kind })
}

export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}

export function methodNotAllowed(): StatusError {
  const message = 'the server does not allow this method on the requested resource'
  return new StatusError(405, 'MethodNotAllowed', message, {})
}

export function unauthorized(): StatusError {
  return new StatusError(401, 'Unauthorized', 'Unauthorized')
}
