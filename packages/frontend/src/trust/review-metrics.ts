import { counter, histogram, type Meter, type MetricSpecs } from '@metrics-ring/common/telemetry/metric'

const review = 'token: TokenReview; access: SubjectAccessReview'

export const reviewMetrics = {
  lookups: {
    name: 'metrics_ring.review.lookups',
    kind: 'counter',
    help: 'Verdicts that were needed.',
    labels: {
      review,
      found: 'cached; asked: of the API server; joined: an equal question was under way',
    },
  },
  duration: {
    name: 'metrics_ring.review.duration',
    kind: 'histogram',
    unit: 's',
    help: 'Questions to the API server, all tries together.',
    labels: { review, result: 'answered, failed' },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
} as const satisfies MetricSpecs

/** Of one sort of review. */
export type ReviewMetrics = {
  found(how: 'cached' | 'asked' | 'joined'): void
  /** Times a question. */
  asked<T>(ask: () => Promise<T>): Promise<T>
}

export function createReviewMetrics(meter: Meter, mono: () => number) {
  const lookups = counter(meter, reviewMetrics.lookups)
  const duration = histogram(meter, reviewMetrics.duration)
  return (review: 'token' | 'access'): ReviewMetrics => ({
    found: (found) => lookups(1, { review, found }),
    async asked(ask) {
      const startedMs = mono()
      const end = (result: string) => duration((mono() - startedMs) / 1000, { review, result })
      try {
        const answer = await ask()
        end('answered')
        return answer
      } catch (error) {
        end('failed')
        throw error
      }
    },
  })
}
