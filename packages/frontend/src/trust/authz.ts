import { errorText } from '@metrics-ring/common/errors'
import type { RequestInfo, ResourceInfo } from '../request/request-info.ts'
import { selectorAttributes } from '../request/selector-attributes.ts'
import type { User } from './identity.ts'
import { isUnavailable } from './review.ts'
import type { AccessReviewer, AccessVerdict } from './subject-access-review.ts'

/** `denied` is a 403 with the reason appended; `failed` is a 500, and its message may be shown. */
export type Authorization =
  | { decision: 'allowed' }
  | { decision: 'denied'; reason: string }
  | { decision: 'failed'; message: string }

export type Authorizer = (user: User, info: RequestInfo) => Promise<Authorization>

export type AuthorizerDeps = {
  access: AccessReviewer
  /** --authorization-always-allow-paths: exact paths; what lies below one is not allowed by it. */
  alwaysAllowPaths: readonly string[]
}

export const defaultAlwaysAllowPaths = ['/healthz', '/readyz', '/livez']

const selectiveVerbs = ['list', 'watch', 'deletecollection']

/**
 * Masters, then always-allowed paths, then the API server's word. A list is asked for without its selectors first:
 * they only narrow, and without them every autoscaler of a namespace asks the same question. Only a denial asks again with them.
 * Flags: --authorization-always-allow-paths, --authorization-webhook-cache-authorized-ttl and -unauthorized-ttl
 * (subject-access-review.ts), --authorization-kubeconfig (its client).
 */
export function createAuthorizer({ access, alwaysAllowPaths }: AuthorizerDeps): Authorizer {
  const open = new Set(alwaysAllowPaths)

  async function verdictOn(user: User, info: RequestInfo): Promise<AccessVerdict> {
    const { path, verb, resource } = info
    if (!resource) return access.review(user, { nonResourceAttributes: { path, verb } })
    const broad = attributesOf(verb, resource)
    const narrows = selectiveVerbs.includes(verb) && !resource.verbInPath
    const selectors = narrows ? selectorAttributes(info.query) : undefined
    if (!selectors) return access.review(user, { resourceAttributes: broad })
    const narrow = { resourceAttributes: { ...broad, ...selectors } }
    try {
      const verdict = await access.review(user, { resourceAttributes: broad })
      return verdict.allowed ? verdict : await access.review(user, narrow)
    } catch (error) {
      const known = isUnavailable(error) ? access.remembered(user, narrow) : undefined
      if (!known) throw error
      return known
    }
  }

  return async (user, info) => {
    if (user.groups.includes('system:masters')) return { decision: 'allowed' }
    if (!info.resource && open.has(info.path)) return { decision: 'allowed' }
    try {
      const { allowed, reason } = await verdictOn(user, info)
      return allowed ? { decision: 'allowed' } : { decision: 'denied', reason }
    } catch (error) {
      return { decision: 'failed', message: errorText(error) }
    }
  }
}

/** In one order, and only what is not empty: equal questions are equal texts. */
function attributesOf(
  verb: string,
  { namespace, group, version, resource, subresource, name }: ResourceInfo,
) {
  const attributes = { namespace, verb, group, version, resource, subresource, name }
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''))
}
