import { createHash } from 'node:crypto'
import type { Clock } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { User } from './identity.ts'
import { createExpiringCache } from './lru.ts'
import { createRateLimit } from './rate-limit.ts'
import { isUnavailable, review } from './review.ts'
import type { ReviewMetrics } from './review-metrics.ts'
import { createSingleFlight } from './single-flight.ts'

export type AccessAttributes = { resourceAttributes: object } | { nonResourceAttributes: object }

/** `reason`: why, in the words of the API server; may be empty. */
export type AccessVerdict = { allowed: boolean; reason: string }

export type AccessReviewer = {
  /** Rejects with a CodedError when there is no verdict and none to fall back on. */
  review(user: User, attributes: AccessAttributes): Promise<AccessVerdict>
  /** What was allowed in the last 60 s, without asking. */
  remembered(user: User, attributes: AccessAttributes): AccessVerdict | undefined
}

export type AccessReviewDeps = {
  client: Pick<KubeClient, 'request'>
  clock: Clock
  /** --authorization-webhook-cache-authorized-ttl, milliseconds. */
  allowedTtlMs: number
  /** --authorization-webhook-cache-unauthorized-ttl, milliseconds. */
  deniedTtlMs: number
  metrics?: ReviewMetrics
}

type Flight = {
  answer: Promise<AccessVerdict>
  /** The API server is slow or failing: time to fall back, if there is something to fall back on. */
  late: Promise<void>
}

/** Verdicts of each kind: a flood of refused questions must not push out what was allowed. */
const mostRemembered = 8192
/** Attributes larger than this, which the asker chooses, are not remembered; bytes. */
const largestRemembered = 10_000
/** How long what was allowed holds while the API server does not answer, from when it was allowed, milliseconds. */
const fallbackMs = 60_000
/** How long a question may stay open before it falls back, milliseconds. */
const lateMs = 1_000
const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'

/** What a user may do, judged by the API server. Equal questions are asked once at a time. */
export function createAccessReviewer(deps: AccessReviewDeps): AccessReviewer {
  const { client, clock, allowedTtlMs, deniedTtlMs, metrics } = deps
  const allowed = createExpiringCache<{ verdict: AccessVerdict; atMs: number }>(mostRemembered, clock)
  const denied = createExpiringCache<AccessVerdict>(mostRemembered, clock)
  const once = createSingleFlight<Flight>()
  const limit = createRateLimit(clock)

  function fresh(key: string): AccessVerdict | undefined {
    const known = allowed.get(key)
    return known && clock.mono() - known.atMs < allowedTtlMs ? known.verdict : denied.get(key)
  }
  function fallback(key: string): AccessVerdict | undefined {
    const known = allowed.get(key)
    return known && clock.mono() - known.atMs <= fallbackMs ? known.verdict : undefined
  }
  function remember(key: string, verdict: AccessVerdict): void {
    if (verdict.allowed) {
      denied.delete(key)
      allowed.set(key, { verdict, atMs: clock.mono() }, Math.max(allowedTtlMs, fallbackMs))
    } else {
      allowed.delete(key)
      denied.set(key, verdict, deniedTtlMs)
    }
  }
  function launch(key: string, question: Question): Flight {
    const late = Promise.withResolvers<void>()
    const stopTimer = clock.after(lateMs, late.resolve)
    const ask = async () => {
      try {
        const body = {
          kind: 'SubjectAccessReview',
          apiVersion: 'authorization.k8s.io/v1',
          spec: question.spec,
        }
        const asked = () => review({ client, clock, limit }, path, body, late.resolve)
        const verdict = verdictOf(await (metrics?.asked(asked) ?? asked()))
        if (question.memorable) remember(key, verdict)
        return verdict
      } finally {
        stopTimer()
      }
    }
    return { answer: ask(), late: late.promise }
  }

  return {
    async review(user, attributes) {
      const question = questionOf(user, attributes)
      const known = fresh(question.key)
      if (known) {
        metrics?.found('cached')
        return known
      }
      let found: 'asked' | 'joined' = 'joined'
      const flight = once(question.key, () => {
        found = 'asked'
        return launch(question.key, question)
      })
      metrics?.found(found)
      if (!fallback(question.key)) return flight.answer
      const orFallback = flight.answer.catch((error: unknown) => {
        const verdict = isUnavailable(error) ? fallback(question.key) : undefined
        if (!verdict) throw error
        return verdict
      })
      return Promise.race([orFallback, flight.late.then(() => fallback(question.key) ?? orFallback)])
    },
    remembered: (user, attributes) => fallback(questionOf(user, attributes).key),
  }
}

type Question = { spec: object; key: string; memorable: boolean }

/** The key is a hash: a user may have thousands of groups. Headers come in any order, so keys of extra are sorted. */
function questionOf(user: User, attributes: AccessAttributes): Question {
  const extra = Object.entries(user.extra).sort(([a], [b]) => (a < b ? -1 : 1))
  const spec = {
    ...attributes,
    user: user.name,
    ...(user.groups.length > 0 ? { groups: user.groups } : {}),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
    ...(user.uid ? { uid: user.uid } : {}),
  }
  const key = createHash('sha256').update(JSON.stringify(spec)).digest('base64')
  return { spec, key, memorable: JSON.stringify(attributes).length < largestRemembered }
}

function verdictOf(status: Record<string, unknown>): AccessVerdict {
  const allowed = status.allowed === true && status.denied !== true
  return { allowed, reason: typeof status.reason === 'string' ? status.reason : '' }
}
