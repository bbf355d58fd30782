/** What the server says it serves: /api, /apis and below, in the legacy and the aggregated form. */
import { createHash } from 'node:crypto'
import type { AggregatedVersion } from './aggregator/discovery.ts'
import { parseAccept } from './encoding.ts'
import { type Call, header, sendJson } from './http.ts'
import {
  groupVersionOf,
  type ResourceType,
  resourceTypes,
  storageVerbs,
  storedGroupVersions,
} from './resources.ts'
import { type ReviewType, reviewTypes } from './reviews.ts'
import { noSuchPath } from './status.ts'
import { compareVersions } from './versions.ts'

/** A group's version with its resources in the aggregated form (apidiscovery.k8s.io/v2). */
export type GroupVersionDiscovery = AggregatedVersion
type Resource = Record<string, unknown>

const groupPriorities: Record<string, number> = {
  '': 18_000,
  'apiregistration.k8s.io': 18_000,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  'rbac.authorization.k8s.io': 17_000,
  'coordination.k8s.io': 16_500,
  'discovery.k8s.io': 16_200,
}

export function groupPriority(group: string): number {
  return groupPriorities[group] ?? 1000
}

/** Serves discovery of what is stored here, merged with what `aggregated` reports. */
export function createDiscovery(aggregated: () => readonly AggregatedVersion[]) {
  const local = localVersions()
  const named = () => sortedVersions([...local.filter(({ group }) => group !== ''), ...aggregated()])

  /** Answers a discovery path, or returns false if the path is none. */
  return (call: Call): boolean => {
    const parts = call.path.split('/').slice(1)
    if (parts.at(-1) === '') parts.pop()
    const [root, group = '', version = ''] = parts
    if (root === 'api' && parts.length === 1) return answer(call, [local[0]], legacyCore)
    if (root === 'apis' && parts.length === 1) return answer(call, named(), groupList)
    if (root === 'api' && parts.length === 2) return resourceList(call, local, '', group)
    if (root === 'apis' && parts.length === 2) return groupDocument(call, named(), group)
    if (root === 'apis' && parts.length === 3) return resourceList(call, local, group, version)
    return false
  }
}

function answer(
  call: Call,
  versions: readonly (GroupVersionDiscovery | undefined)[],
  legacy: (versions: readonly GroupVersionDiscovery[]) => unknown,
): true {
  const present = versions.filter((each) => each !== undefined)
  const wanted = wantedVersion(header(call.request, 'accept'))
  if (wanted === undefined) {
    sendJson(call.response, 200, legacy(present))
    return true
  }
  const body = JSON.stringify(aggregatedList(present, wanted))
  const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`
  const { response } = call
  response.setHeader('etag', etag)
  response.setHeader('vary', 'Accept')
  if (header(call.request, 'if-none-match') === etag) {
    response.statusCode = 304
    response.end()
    return true
  }
  response.setHeader(
    'content-type',
    `application/json;g=apidiscovery.k8s.io;v=${wanted};as=APIGroupDiscoveryList`,
  )
  response.end(`${body}\n`)
  return true
}

/** The aggregated form a client prefers, or undefined for the legacy one. */
function wantedVersion(accept: string | undefined): string | undefined {
  for (const { type, params } of parseAccept(accept)) {
    if (type === '*/*' || (type === 'application/json' && params.as === undefined)) return undefined
    const fits =
      type === 'application/json' &&
      params.g === 'apidiscovery.k8s.io' &&
      params.as === 'APIGroupDiscoveryList'
    if (fits && (params.v === 'v2' || params.v === 'v2beta1')) return params.v
  }
  return undefined
}

function aggregatedList(versions: readonly GroupVersionDiscovery[], apiVersion: string): unknown {
  const items = groupsOf(versions).map(([group, members]) => ({
    metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: members.map(({ version, resources, freshness }) => ({ version, resources, freshness })),
  }))
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${apiVersion}`,
    metadata: {},
    items,
  }
}

function groupsOf(versions: readonly GroupVersionDiscovery[]): [string, GroupVersionDiscovery[]][] {
  const groups = new Map<string, GroupVersionDiscovery[]>()
  for (const each of versions) groups.set(each.group, [...(groups.get(each.group) ?? []), each])
  return [...groups]
}

/** Groups by their highest priority, then name; versions by priority, then as versions compare. */
export function sortedVersions(versions: readonly GroupVersionDiscovery[]): GroupVersionDiscovery[] {
  const highest = new Map<string, number>()
  for (const { group, groupPriorityMinimum } of versions) {
    highest.set(group, Math.max(highest.get(group) ?? 0, groupPriorityMinimum))
  }
  return [...versions].sort(
    (a, b) =>
      (highest.get(b.group) ?? 0) - (highest.get(a.group) ?? 0) ||
      (a.group === b.group ? 0 : a.group < b.group ? -1 : 1) ||
      b.versionPriority - a.versionPriority ||
      compareVersions(a.version, b.version),
  )
}

function legacyCore(): unknown {
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }]
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs }
}

function groupList(versions: readonly GroupVersionDiscovery[]): unknown {
  const groups = groupsOf(versions).map(([name, members]) => group(name, members))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

function group(name: string, members: readonly GroupVersionDiscovery[]): Record<string, unknown> {
  const versions = members.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

function groupDocument(call: Call, versions: readonly GroupVersionDiscovery[], name: string): true {
  const members = versions.filter((each) => each.group === name)
  if (members.length === 0) throw noSuchPath()
  sendJson(call.response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...group(name, members) })
  return true
}

function resourceList(
  call: Call,
  local: readonly GroupVersionDiscovery[],
  name: string,
  version: string,
): boolean {
  const found = local.find((each) => each.group === name && each.version === version)
  if (!found) return false
  const groupVersion = groupVersionOf({ group: name, version })
  const resources = found.resources.flatMap(legacyResources)
  sendJson(call.response, 200, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources })
  return true
}

function legacyResources(resource: Resource): Resource[] {
  const {
    resource: name,
    responseKind,
    scope,
    singularResource: singularName,
    verbs,
    shortNames,
    categories,
  } = resource
  const { kind } = responseKind as { kind: string }
  const namespaced = scope === 'Namespaced'
  const own = {
    name,
    singularName,
    namespaced,
    kind,
    verbs,
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
  }
  const subresources = ((resource.subresources as Resource[] | undefined) ?? []).map((each) => ({
    name: `${name}/${each.subresource}`,
    singularName: '',
    namespaced,
    kind,
    verbs: each.verbs,
  }))
  return [own, ...subresources]
}

function localVersions(): GroupVersionDiscovery[] {
  const reviews = [...new Set(reviewTypes.map(({ group }) => group))].map((group) => ({
    group,
    version: 'v1',
  }))
  return [...storedGroupVersions(), ...reviews].map(({ group, version }) => ({
    group,
    version,
    groupPriorityMinimum: groupPriority(group),
    versionPriority: 15,
    freshness: 'Current',
    resources: [
      ...resourceTypes.filter((type) => type.group === group && type.version === version).map(storedResource),
      ...reviewTypes.filter((type) => type.group === group).map(reviewResource),
    ],
  }))
}

function storedResource(type: ResourceType): Resource {
  const responseKind = { group: type.group, version: type.version, kind: type.kind }
  const status = { subresource: 'status', responseKind, verbs: ['get', 'patch', 'update'] }
  return {
    resource: type.resource,
    responseKind,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: storageVerbs,
    ...(type.shortNames.length > 0 && { shortNames: type.shortNames }),
    ...(type.categories.length > 0 && { categories: type.categories }),
    ...(type.hasStatus && { subresources: [status] }),
  }
}

function reviewResource({ group, resource, kind, namespaced }: ReviewType): Resource {
  return {
    resource,
    responseKind: { group, version: 'v1', kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }
}
