import type { Question } from '../list/client.ts'
import { admin, hpa } from '../users.ts'
import type { Times } from './answers.ts'
import type { Places } from './questions.ts'

/** One kind of question, and how often it is asked. */
export type Shape = {
  name: string
  question: Question
  times: number
  pauseMs: number
  /** That a whole answer has. */
  items: number
}

const group = '/apis/metrics.k8s.io/v1beta1'
/** Longer than a frontend shares one body among those who ask at about the same time; then the machine has a rest, too. */
const afterLargeMs = 1_500
/** metrics-server is busy for seconds with a list of all pods, and what it clears away behind it. */
const afterAllMs = 6_000
/** So that a round spans a third of an interval. */
const afterSmallMs = 50

/** metrics-server's own storage benchmark reads these shapes: normal, big namespace, big deployment, dense containers. */
export function shapesOf(places: Places, { lists, selects, restless = false }: Times): Shape[] {
  const { pods, big, deployment, dense } = places
  const inNamespace = (namespace: string) => `${group}/namespaces/${namespace}/pods`
  const selecting = (namespace: string, selector: string) =>
    `${inNamespace(namespace)}?${new URLSearchParams({ labelSelector: selector })}`
  const pausing = (pauseMs: number) => (restless ? 0 : pauseMs)
  const large = { times: lists, pauseMs: pausing(afterLargeMs) }
  const small = { times: selects, pauseMs: pausing(afterSmallMs) }
  const both = (name: string, question: Question, items: number, how: typeof large): Shape[] => [
    { name: `${name}, JSON`, question, items, ...how },
    {
      name: `${name}, protobuf`,
      question: { ...question, accept: 'application/vnd.kubernetes.protobuf' },
      items,
      ...how,
    },
  ]
  return [
    ...both('all pods', { path: `${group}/pods`, ...admin }, pods, {
      ...large,
      pauseMs: pausing(afterAllMs),
    }),
    ...both('big namespace', { path: inNamespace(big.namespace), ...admin }, big.pods, large),
    ...both(
      'big deployment',
      { path: selecting(deployment.namespace, deployment.selector), ...hpa },
      deployment.pods,
      large,
    ),
    ...both('dense containers', { path: inNamespace(dense.namespace), ...admin }, dense.pods, large),
    ...both(
      'namespace and selector',
      { path: selecting(big.namespace, big.selector), ...hpa },
      big.selected,
      small,
    ),
    ...both('one pod', { path: `${inNamespace(big.namespace)}/${big.pod}`, ...admin }, 1, small),
  ]
}
