import { type Clock, sleep } from '@metrics-ring/common/clock'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { KubeAnswer, KubeClient } from '@metrics-ring/common/kube/kube'
import type { RateLimit } from './rate-limit.ts'

/** Bound on a review with all its tries, milliseconds. */
const wholeMs = 10_000
const tries = 5
const backoff = { firstMs: 500, factor: 1.5, jitter: 0.2 }

export type ReviewDeps = { client: Pick<KubeClient, 'request'>; clock: Clock; limit: RateLimit }

/**
 * Asks the API server for a verdict by creating a review, and gives its `status`. Tries again on 429, 500, 504, Retry-After
 * and silence (kubernetes/apiserver pkg/util/webhook). Rejects with a CodedError: `review_unavailable` when the
 * API server cannot answer now, `review_failed` when it does not accept the question. `onTrouble`: a try has failed and another will follow.
 */
export async function review(
  { client, clock, limit }: ReviewDeps,
  path: string,
  body: { kind: string; apiVersion: string; spec: object },
  onTrouble: () => void = () => {},
): Promise<Record<string, unknown>> {
  const abort = new AbortController()
  const stopTimer = clock.after(wholeMs, () => abort.abort())
  const deadlineMs = clock.mono() + wholeMs
  try {
    if (!(await limit(abort.signal))) throw unavailable('too many reviews at once')
    for (let waitMs = backoff.firstMs, left = tries; ; waitMs *= backoff.factor) {
      const outcome = await attempt(client, path, body, abort.signal)
      if ('status' in outcome) return outcome.status
      const pauseMs = Math.max(waitMs * (1 + backoff.jitter * Math.random()), outcome.retryAfterMs ?? 0)
      if (!outcome.again || --left === 0 || clock.mono() + pauseMs >= deadlineMs) throw outcome.error
      onTrouble()
      await sleep(clock, pauseMs, abort.signal)
    }
  } finally {
    stopTimer()
  }
}

export function isUnavailable(error: unknown): boolean {
  return error instanceof CodedError && error.code === 'review_unavailable'
}

type Outcome =
  | { status: Record<string, unknown> }
  | { error: CodedError; again: boolean; retryAfterMs?: number | undefined }

async function attempt(
  client: ReviewDeps['client'],
  path: string,
  body: object,
  signal: AbortSignal,
): Promise<Outcome> {
  let answer: KubeAnswer
  try {
    answer = await client.request('POST', path, { body, signal, timeoutMs: wholeMs })
  } catch (error) {
    return { error: unavailable(errorText(error)), again: !signal.aborted }
  }
  const { status, retryAfterMs } = answer
  if (status < 200 || status > 299) {
    const text = `${path}: ${messageOf(answer)}`
    const error = status === 429 || status >= 500 ? unavailable(text) : failed(text)
    return { error, again: [429, 500, 504].includes(status) || retryAfterMs !== undefined, retryAfterMs }
  }
  const verdict = (answer.body as { status?: unknown } | undefined)?.status
  if (typeof verdict === 'object' && verdict !== null) return { status: verdict as Record<string, unknown> }
  return { error: failed(`${path}: an answer without status`), again: false }
}

function messageOf({ status, body }: KubeAnswer): string {
  const message = (body as { message?: unknown } | undefined)?.message
  return typeof message === 'string' ? `${status} ${message}` : String(status)
}

function unavailable(text: string): CodedError {
  return new CodedError('review_unavailable', text)
}

function failed(text: string): CodedError {
  return new CodedError('review_failed', text)
}
