import { CodedError } from '@metrics-ring/common/errors'
import type { KubeAnswer, KubeClient } from '@metrics-ring/common/kube/kube'
import type { Judged, Right } from './access.ts'
import type { AggregationFacts } from './aggregation.ts'
import type { ApiServiceFacts } from './api-services.ts'
import { Skip } from './finding.ts'
import { flagOf, type Installed } from './installed.ts'
import type { ApiService, Autoscaler, Deployment, EndpointSlice, Pod, Service } from './objects.ts'

const requestMs = 5_000

/** One object; undefined: there is none. Rejects with a Skip where this account may not see it. */
export async function getObject<T>(kube: KubeClient, path: string): Promise<T | undefined> {
  const answer = await kube.request('GET', path, { timeoutMs: requestMs })
  if (answer.status === 404) return undefined
  return bodyOf<T>(answer, path)
}

export async function listObjects<T>(kube: KubeClient, path: string): Promise<T[]> {
  return (await getObject<{ items?: T[] }>(kube, path))?.items ?? []
}

function bodyOf<T>({ status, body }: KubeAnswer, path: string): T {
  if (status === 401 || status === 403) throw new Skip(`this account may not read ${path} (${status})`)
  if (status !== 200) throw new CodedError(`kube_${status}`, `GET ${path}: ${status} ${messageOf(body)}`)
  return body as T
}

export function messageOf(body: unknown): string {
  return typeof body === 'string' ? body.trim() : ((body as { message?: string } | undefined)?.message ?? '')
}

/** Everything of ours is labelled so, whichever way it was installed. */
export function readDeployments(kube: KubeClient): Promise<Deployment[]> {
  return listObjects(kube, '/apis/apps/v1/deployments?labelSelector=app.kubernetes.io/part-of%3Dmetrics-ring')
}

export function readPods(kube: KubeClient): Promise<Pod[]> {
  return listObjects(kube, '/api/v1/pods?labelSelector=app.kubernetes.io/part-of%3Dmetrics-ring')
}

export function readAutoscalers(kube: KubeClient): Promise<Autoscaler[]> {
  return listObjects(kube, '/apis/autoscaling/v2/horizontalpodautoscalers')
}

export async function probeAggregation(kube: KubeClient): Promise<AggregationFacts> {
  const system = '/api/v1/namespaces/kube-system'
  const [configMap, pods] = await Promise.all([
    getObject<{ data?: Record<string, string> }>(
      kube,
      `${system}/configmaps/extension-apiserver-authentication`,
    ),
    listObjects<Pod>(kube, `${system}/pods?labelSelector=component%3Dkube-apiserver`),
  ])
  const apiServers = pods.map(({ metadata, spec }) => {
    const { command = [], args = [] } = spec?.containers?.[0] ?? {}
    return { name: metadata.name, args: [...command, ...args] }
  })
  return { nowMs: Date.now(), configMap: configMap && (configMap.data ?? {}), apiServers }
}

/** Both APIServices, and all that they lead to. */
export function probeApiServices(kube: KubeClient, tiers: readonly Installed[]): Promise<ApiServiceFacts[]> {
  const names = ['v1.metrics.k8s.io', 'v1beta1.metrics.k8s.io']
  const bundle = readBundle(kube, tiers)
  return Promise.all(names.map(async (name) => ({ ...(await probeOne(kube, name)), bundle: await bundle })))
}

async function probeOne(kube: KubeClient, name: string): Promise<Omit<ApiServiceFacts, 'bundle'>> {
  const apiService = await getObject<ApiService>(kube, `/apis/apiregistration.k8s.io/v1/apiservices/${name}`)
  const nothing = { name, apiService, service: undefined, slices: [], pods: [], nowMs: Date.now() }
  const { namespace, name: service } = apiService?.spec?.service ?? {}
  if (!namespace || !service) return nothing
  const inNamespace = `/namespaces/${namespace}`
  const ofService = encodeURIComponent(`kubernetes.io/service-name=${service}`)
  const [found, slices] = await Promise.all([
    getObject<Service>(kube, `/api/v1${inNamespace}/services/${service}`),
    listObjects<EndpointSlice>(
      kube,
      `/apis/discovery.k8s.io/v1${inNamespace}/endpointslices?labelSelector=${ofService}`,
    ),
  ])
  const selector = Object.entries(found?.spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`)
  const query = `labelSelector=${encodeURIComponent(selector.join())}`
  const pods = selector.length > 0 ? await listObjects<Pod>(kube, `/api/v1${inNamespace}/pods?${query}`) : []
  return { ...nothing, service: found, slices, pods }
}

/** What frontends that share a Secret want to be trusted; undefined where it may not be read, or is empty. */
async function readBundle(kube: KubeClient, tiers: readonly Installed[]): Promise<string | undefined> {
  const [namespace, name] = tiers.flatMap((tier) => flagOf(tier, 'serving-secret') ?? [])[0]?.split('/') ?? []
  if (!namespace || !name) return undefined
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`
  const secret = await getObject<{ data?: Record<string, string> }>(kube, path).catch(() => undefined)
  const text = secret?.data?.['ca-bundle.crt']
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString()
}

/** Asks the API server whether accounts have their rights. */
export function probeAccess(kube: KubeClient, rights: readonly Right[]): Promise<Judged[]> {
  return Promise.all(rights.map(async (right) => ({ ...right, allowed: await isAllowed(kube, right) })))
}

async function isAllowed(kube: KubeClient, right: Right): Promise<boolean> {
  const [accountNamespace, account] = right.account.split(':')
  const [resource, subresource] = right.resource.split('/')
  const { verb, group = '', namespace, name } = right
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${accountNamespace}:${account}`,
      groups: [
        'system:serviceaccounts',
        `system:serviceaccounts:${accountNamespace}`,
        'system:authenticated',
      ],
      resourceAttributes: { verb, group, resource, subresource, namespace, name },
    },
  }
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
  const answer = await kube.request('POST', path, { body, timeoutMs: requestMs })
  if (answer.status === 401 || answer.status === 403)
    throw new Skip(`this account may not create SubjectAccessReviews (${answer.status})`)
  if (answer.status !== 201)
    throw new CodedError(`kube_${answer.status}`, `SubjectAccessReview: ${messageOf(answer.body)}`)
  return (answer.body as { status?: { allowed?: boolean } }).status?.allowed === true
}
