import { CodedError } from '@metrics-ring/common/errors'
import type { KubeAnswer, KubeClient } from '@metrics-ring/common/kube/kube'

export type Asked = { path: string; spec: Record<string, unknown> }

export type ReviewClient = Pick<KubeClient, 'request'> & {
  asked: Asked[]
  /** What is answered from now on; by default: silence, as of an API server that is away. */
  answer(make: (asked: Asked) => KubeAnswer | Promise<KubeAnswer>): void
}

export const away = (): never => {
  throw new CodedError('kube_unreachable', 'nobody there')
}

/** The API server's side of reviews, without a network. */
export function createReviewClient(): ReviewClient {
  const asked: Asked[] = []
  let make: (asked: Asked) => KubeAnswer | Promise<KubeAnswer> = away
  return {
    asked,
    answer: (next) => {
      make = next
    },
    async request(_method, path, options) {
      const { spec } = (options as { body: { spec: Record<string, unknown> } }).body
      asked.push({ path, spec })
      return make({ path, spec })
    },
  }
}

/** An answer with this status, created. */
export function created(status: object): KubeAnswer {
  return { status: 201, body: { status } }
}
