/** Whether a request may go on, and as whom. */
import type { Http2ServerRequest } from 'node:http2'
import { type Identity, impersonated } from './authn.ts'
import type { User } from './objects.ts'
import type { Attributes, Authorizer } from './rbac.ts'
import type { RequestInfo } from './request-info.ts'
import { StatusError } from './status.ts'

/** The user a request acts as: its own, or whom it impersonates. @throws StatusError 403 if it may not */
export function actingUser(request: Http2ServerRequest, { user }: Identity, authorizer: Authorizer): User {
  const may = (resource: string, name: string) =>
    authorizer.authorize(user, { verb: 'impersonate', resource, name }).allowed
  const acting = impersonated(request, may)
  if (acting === 'forbidden') {
    throw new StatusError(403, 'Forbidden', `users is forbidden: User "${user.name}" cannot impersonate`, {})
  }
  return acting ?? user
}

/** @throws StatusError 403, worded as the real one words it */
export function authorizeCall(authorizer: Authorizer, user: User, info: RequestInfo): void {
  const { path: asked, ...resourceInfo } = info
  const attributes: Attributes = info.isResource ? resourceInfo : { verb: info.verb, path: asked }
  if (authorizer.authorize(user, attributes).allowed) return
  const { group, resource, subresource, name, namespace, verb, path } = info
  if (!info.isResource) {
    throw new StatusError(
      403,
      'Forbidden',
      `forbidden: User "${user.name}" cannot ${verb} path "${path}"`,
      {},
    )
  }
  const kind = group ? `${resource}.${group}` : resource
  const what = subresource ? `${resource}/${subresource}` : resource
  const where = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope'
  const subject = name ? `${kind} "${name}" is forbidden` : `${kind} is forbidden`
  const message = `${subject}: User "${user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`
  throw new StatusError(403, 'Forbidden', message, {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  })
}
