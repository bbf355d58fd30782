import { errorText } from '@metrics-ring/common/errors'
import type { KubeClient } from '@metrics-ring/common/kube/kube'

/** Pods of the Metrics API against those that run; or why that is not known. `tookMs`: the list of served pods. */
export type ApiStatus = { podsServed: number; podsRunning: number; tookMs: number } | { trouble: string }

const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
const running = '/api/v1/pods?resourceVersion=0&fieldSelector=status.phase%3DRunning'
const served = '/apis/metrics.k8s.io/v1beta1/pods'

/** As a client of the cluster sees it, through the aggregation layer; only metadata is asked for. Never rejects. */
export async function readApi(kube: KubeClient, mono: () => number): Promise<ApiStatus> {
  try {
    const pods = await listNames(kube, running)
    const startedMs = mono()
    const found = await listNames(kube, served)
    const tookMs = mono() - startedMs
    return { podsServed: pods.intersection(found).size, podsRunning: pods.size, tookMs }
  } catch (error) {
    return { trouble: errorText(error) }
  }
}

async function listNames(kube: KubeClient, path: string): Promise<Set<string>> {
  const { status, body } = await kube.request('GET', path, { accept })
  if (status !== 200) throw new Error(`${path.split('?')[0]} answered ${status}`)
  const { items } = body as { items: { metadata: { namespace: string; name: string } }[] }
  return new Set(items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
}
