/**
 * Fetches the discovery of aggregated groups (kube-aggregator handler_discovery.go): the aggregated form
 * first; anything but that form, in exactly its content type, means the legacy one, asked version by version.
 */
import { at, isRecord, records, text, texts, type User } from '../objects.ts'
import type { Target } from './endpoints.ts'
import type { Fetched } from './fetch.ts'
import { fetchText } from './fetch.ts'
import { aggregatorUser } from './identity.ts'
import type { Pool } from './pool.ts'

type Resource = Record<string, unknown>

/** One version of an aggregated group, as merged discovery shows it. */
export type AggregatedVersion = {
  group: string
  version: string
  groupPriorityMinimum: number
  versionPriority: number
  freshness: 'Current' | 'Stale'
  resources: Resource[]
}

/** What one Service said of its groups: resources by `group/version`. */
export type ServiceDiscovery = { resources: Map<string, Resource[]>; etag?: string }

const timeoutMs = 5000
const form = (version: string) =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
const accept = `${form('v2')},${form('v2beta1')}`
/** Without groups: it must pass as an authenticated user by its own roles. */
const ungrouped: User = { name: aggregatorUser.name, groups: [] }

/** @throws when the Service could not be asked, or has nothing to say now: its versions are Stale */
export async function fetchDiscovery(
  pool: Pool,
  target: Target,
  groupVersions: readonly string[],
  before: ServiceDiscovery | undefined,
): Promise<ServiceDiscovery> {
  const headers = { accept, ...(before?.etag && { 'if-none-match': before.etag }) }
  const answer = await fetchText(pool, target, '/apis', aggregatorUser, headers, timeoutMs)
  if (answer.status === 304 && before) return before
  if (answer.status === 503) throw new Error('service unavailable')
  if (answer.status === 200 && isAggregatedForm(answer)) return readAggregated(answer)
  return fetchLegacy(pool, target, groupVersions)
}

function isAggregatedForm({ headers }: Fetched): boolean {
  const [type, ...params] = text(headers['content-type'])
    .split(';')
    .map((part) => part.trim())
  const wanted = (version: string) => ['as=APIGroupDiscoveryList', 'g=apidiscovery.k8s.io', `v=${version}`]
  const given = params.join()
  const all = (version: string) => wanted(version).every((param) => given.split(',').includes(param))
  return type === 'application/json' && (all('v2') || all('v2beta1'))
}

function readAggregated({ text: body, headers }: Fetched): ServiceDiscovery {
  const resources = new Map<string, Resource[]>()
  for (const item of records(at(JSON.parse(body), 'items'))) {
    for (const version of records(item.versions)) {
      const groupVersion = `${text(at(item, 'metadata', 'name'))}/${text(version.version)}`
      resources.set(groupVersion, records(version.resources))
    }
  }
  const { etag } = headers
  return typeof etag === 'string' ? { resources, etag } : { resources }
}

async function fetchLegacy(
  pool: Pool,
  target: Target,
  groupVersions: readonly string[],
): Promise<ServiceDiscovery> {
  const resources = new Map<string, Resource[]>()
  const failures: string[] = []
  for (const groupVersion of groupVersions) {
    const path = `/apis/${groupVersion}`
    const answer = await fetchText(pool, target, path, ungrouped, { accept: 'application/json' }, timeoutMs)
    if (answer.status === 200) resources.set(groupVersion, fromLegacy(groupVersion, JSON.parse(answer.text)))
    else failures.push(`${path}: ${answer.status}`)
  }
  if (resources.size === 0) throw new Error(failures.join())
  return { resources }
}

function fromLegacy(groupVersion: string, list: unknown): Resource[] {
  const [group = '', version = ''] = groupVersion.split('/')
  const all = isRecord(list) ? records(list.resources) : []
  return all
    .filter(({ name }) => !text(name).includes('/'))
    .map(({ name, kind, namespaced, verbs, singularName, shortNames, categories }) => ({
      resource: name,
      responseKind: { group, version, kind },
      scope: namespaced === true ? 'Namespaced' : 'Cluster',
      singularResource: text(singularName),
      verbs: texts(verbs),
      ...(shortNames ? { shortNames } : {}),
      ...(categories ? { categories } : {}),
    }))
}
