import { admin, hpa } from '../users.ts'
import type { Question } from './client.ts'
import type { Site } from './site.ts'

/** One kind of question, and how often it is asked. */
export type Shape = {
  name: string
  question: Question
  times: number
  /** Longer than a frontend shares one body among those who ask at about the same time. */
  pauseMs: number
  isSmall: boolean
  /** Items that the answer must have, where it is uncompressed. */
  items?: number
  /** Of the 99th percentile, milliseconds. */
  p99Target?: number
}

const group = '/apis/metrics.k8s.io/v1beta1'
const protobuf = 'application/vnd.kubernetes.protobuf'
const sharedMs = 600

export function shapesOf(site: Site, lists: number, selects: number): Shape[] {
  const { namespace, selector, pod, pods, selected } = site
  const all = { path: `${group}/pods`, ...admin }
  const inNamespace = `${group}/namespaces/${namespace}/pods`
  const some = { path: `${inNamespace}?${new URLSearchParams({ labelSelector: selector })}`, ...hpa }
  const list = { times: lists, pauseMs: sharedMs, isSmall: false }
  const small = { times: selects, pauseMs: 0, isSmall: true }
  return [
    { name: 'all pods, JSON', question: all, items: pods, ...list },
    { name: 'all pods, protobuf', question: { ...all, accept: protobuf }, items: pods, ...list },
    { name: 'all pods, JSON, gzip', question: { ...all, gzip: true }, ...list },
    { name: 'all pods, protobuf, gzip', question: { ...all, accept: protobuf, gzip: true }, ...list },
    { name: 'namespace and selector, JSON', question: some, items: selected, p99Target: 20, ...small },
    {
      name: 'namespace and selector, protobuf',
      question: { ...some, accept: protobuf },
      items: selected,
      p99Target: 20,
      ...small,
    },
    { name: 'one pod, JSON', question: { path: `${inNamespace}/${pod}`, ...admin }, ...small },
  ]
}
