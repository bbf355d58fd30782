import { goQuote } from '../request/go-quote.ts'
import { type Failure, failure, textFailure } from './status.ts'

/** The authorizer could not decide. */
export function authorizationError(requestUri: string, message: string): Failure {
  return textFailure(500, sanitize(`Internal Server Error: ${goQuote(requestUri)}: ${message}`))
}

/** What a request asks for, as the authorizer sees it. */
export type Attempt =
  | { user: string; verb: string; path: string }
  | {
      user: string
      verb: string
      apiGroup: string
      resource: string
      subresource?: string
      namespace?: string
      name?: string
    }

/** `reason`: what the authorizer gave as its reason; empty for none. */
export function forbidden(attempt: Attempt, reason = ''): Failure {
  const because = sanitize(forbiddenText(attempt)) + (reason && `: ${reason}`)
  const headers = { 'X-Content-Type-Options': 'nosniff' }
  if ('path' in attempt) return { ...failure(403, 'Forbidden', `forbidden: ${because}`, {}), headers }
  const { apiGroup, resource, name } = attempt
  const subject = qualified(resource, apiGroup) + (name ? ` ${goQuote(name)}` : '')
  const details = { ...(name ? { name } : {}), ...(apiGroup ? { group: apiGroup } : {}), kind: resource }
  return { ...failure(403, 'Forbidden', `${subject} is forbidden: ${because}`, details), headers }
}

/** Refused for a reason of ours, without asking the authorizer: the message says which. */
export function refused(message: string): Failure {
  return failure(403, 'Forbidden', message, {})
}

function forbiddenText(attempt: Attempt): string {
  const who = `User ${goQuote(attempt.user)} cannot ${attempt.verb}`
  if ('path' in attempt) return `${who} path ${goQuote(attempt.path)}`
  const { resource, subresource, apiGroup, namespace } = attempt
  const what = goQuote(subresource ? `${resource}/${subresource}` : resource)
  const where = namespace ? `in the namespace ${goQuote(namespace)}` : 'at the cluster scope'
  return `${who} resource ${what} in API group ${goQuote(apiGroup)} ${where}`
}

function qualified(resource: string, apiGroup: string): string {
  return apiGroup ? `${resource}.${apiGroup}` : resource
}

/** Errors must not look like HTML. Quotes are fine. */
function sanitize(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
