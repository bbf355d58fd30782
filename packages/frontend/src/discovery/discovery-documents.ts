import { apiVersion, group, kinds, type Resource, type Version, versions } from '../answer/api.ts'

/** Names a version of the group. */
export type GroupVersion = { groupVersion: string; version: string }
export type ApiGroup = { name: string; versions: GroupVersion[]; preferredVersion: GroupVersion }
export type ApiResource = {
  name: string
  /** Empty, so that clients derive `podmetrics` from the kind; a name here breaks `kubectl get podmetrics`. */
  singularName: ''
  namespaced: boolean
  kind: string
  verbs: string[]
}

/** Never more: what lists `watch` or `delete` is acted on by garbage collection, quota and namespace controllers. */
const verbs = ['get', 'list']
const resources: readonly Resource[] = ['nodes', 'pods']

/** Body of `/apis`. */
export function groupList() {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: [apiGroup()] }
}

/** Body of `/apis/metrics.k8s.io`. */
export function groupDocument() {
  return { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup() }
}

/** Body of `/apis/metrics.k8s.io/VERSION`. */
export function resourceList(version: Version) {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersion(version),
    resources: resources.map(
      (name): ApiResource => ({
        name,
        singularName: '',
        namespaced: name === 'pods',
        kind: kinds[name],
        verbs,
      }),
    ),
  }
}

export type AggregatedVersion = 'v2' | 'v2beta1'

/** Body of `/apis` in aggregated form. A resource whose responseKind is not whole is dropped by clients. */
export function aggregatedList(aggregated: AggregatedVersion) {
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${aggregated}`,
    metadata: {},
    items: [{ metadata: { name: group }, versions: versions.map(aggregatedVersion) }],
  }
}

function aggregatedVersion(version: Version) {
  return {
    version,
    resources: resources.map((resource) => ({
      resource,
      responseKind: { group, version, kind: kinds[resource] },
      scope: resource === 'pods' ? 'Namespaced' : 'Cluster',
      singularResource: '',
      verbs,
    })),
    freshness: 'Current',
  }
}

function apiGroup(): ApiGroup {
  const listed = versions.map((version) => ({ groupVersion: apiVersion(version), version }))
  return { name: group, versions: listed, preferredVersion: listed[0] as GroupVersion }
}
