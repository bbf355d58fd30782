import { createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { User } from './identity.ts'
import { createExpiringCache } from './lru.ts'
import { createRateLimit } from './rate-limit.ts'
import { review } from './review.ts'
import type { ReviewMetrics } from './review-metrics.ts'
import { createSingleFlight } from './single-flight.ts'

export type TokenVerdict = { user: User } | { refused: string }

/** Rejects with a CodedError when there is no verdict (`review_unavailable`, `review_failed`). */
export type TokenReviewer = (token: string) => Promise<TokenVerdict>

export type TokenReviewDeps = {
  client: Pick<KubeClient, 'request'>
  clock: Clock
  /** --authentication-token-webhook-cache-ttl, of verdicts good and bad, milliseconds. */
  ttlMs: number
  metrics?: ReviewMetrics
}

/** Of each kind: a flood of bad tokens must not push out the good ones. */
const mostRemembered = 8192
const path = '/apis/authentication.k8s.io/v1/tokenreviews'

/** Tokens are judged by the API server. They are remembered only as a hash under a key that dies with the process. */
export function createTokenReviewer({ client, clock, ttlMs, metrics }: TokenReviewDeps): TokenReviewer {
  const secret = randomBytes(32)
  const good = createExpiringCache<TokenVerdict>(mostRemembered, clock)
  const bad = createExpiringCache<TokenVerdict>(mostRemembered, clock)
  const once = createSingleFlight<{ answer: Promise<TokenVerdict> }>()
  const limit = createRateLimit(clock)

  async function ask(token: string, key: string): Promise<TokenVerdict> {
    const body = { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token } }
    const asked = () => review({ client, clock, limit }, path, body)
    const verdict = verdictOf(await (metrics?.asked(asked) ?? asked()))
    const cache = 'user' in verdict ? good : bad
    cache.set(key, verdict, ttlMs)
    return verdict
  }
  return async (token) => {
    const key = createHmac('sha256', secret).update(token).digest('base64')
    const known = good.get(key) ?? bad.get(key)
    if (known) {
      metrics?.found('cached')
      return known
    }
    let found: 'asked' | 'joined' = 'joined'
    const { answer } = once(key, () => {
      found = 'asked'
      return { answer: ask(token, key) }
    })
    metrics?.found(found)
    return answer
  }
}

function verdictOf(status: Record<string, unknown>): TokenVerdict {
  const { username, uid, groups, extra } = (status.user ?? {}) as Record<string, unknown>
  if (status.authenticated !== true || typeof username !== 'string' || username === '') {
    return { refused: typeof status.error === 'string' ? status.error : 'not authenticated' }
  }
  const user: User = { name: username, groups: strings(groups), extra: Object.create(null) }
  if (typeof uid === 'string' && uid !== '') user.uid = uid
  for (const [key, values] of Object.entries(extra ?? {})) user.extra[key] = strings(values)
  return { user }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
