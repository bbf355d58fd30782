/** What the server says it serves: /api, /apis and below, in the legacy and the aggregated form. */
import { createHash } from 'node:crypto'
import type { AggregatedVersion } from './aggregator/discovery.ts'
import { legacyResources, localVersions } from './discovery-resources.ts'
import { parseAccept } from './encoding.ts'
import { type Call, header, sendJson } from './http.ts'
import { groupVersionOf } from './resources.ts'
import { noSuchPath } from './status.ts'
import { compareVersions } from './versions.ts'

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
  versions: readonly (AggregatedVersion | undefined)[],
  legacy: (versions: readonly AggregatedVersion[]) => unknown,
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

function aggregatedList(versions: readonly AggregatedVersion[], apiVersion: string): unknown {
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

function groupsOf(versions: readonly AggregatedVersion[]): [string, AggregatedVersion[]][] {
  const groups = new Map<string, AggregatedVersion[]>()
  for (const each of versions) groups.set(each.group, [...(groups.get(each.group) ?? []), each])
  return [...groups]
}

/** Groups by their highest priority, then name; versions by priority, then as versions compare. */
export function sortedVersions(versions: readonly AggregatedVersion[]): AggregatedVersion[] {
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

function groupList(versions: readonly AggregatedVersion[]): unknown {
  const groups = groupsOf(versions).map(([name, members]) => group(name, members))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

function group(name: string, members: readonly AggregatedVersion[]): Record<string, unknown> {
  const versions = members.map(({ version }) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions, preferredVersion: versions[0] }
}

function groupDocument(call: Call, versions: readonly AggregatedVersion[], name: string): true {
  const members = versions.filter((each) => each.group === name)
  if (members.length === 0) throw noSuchPath()
  sendJson(call.response, 200, { kind: 'APIGroup', apiVersion: 'v1', ...group(name, members) })
  return true
}

function resourceList(
  call: Call,
  local: readonly AggregatedVersion[],
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
