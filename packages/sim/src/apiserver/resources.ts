import type { KubeObject } from './objects.ts'

/** One resource of the API server: what discovery says of it and what its objects are. */
export type ResourceType = {
  group: string
  version: string
  resource: string
  singular: string
  kind: string
  namespaced: boolean
  shortNames: readonly string[]
  /** Objects whose `status` is written through the subresource `status` only. */
  hasStatus: boolean
  categories: readonly string[]
}

type Row = [resource: string, kind: string, scope: 'ns' | 'cluster', shortNames?: string, status?: 'status']

const rows: Record<string, readonly Row[]> = {
  v1: [
    ['configmaps', 'ConfigMap', 'ns', 'cm'],
    ['endpoints', 'Endpoints', 'ns', 'ep'],
    ['events', 'Event', 'ns', 'ev'],
    ['namespaces', 'Namespace', 'cluster', 'ns', 'status'],
    ['nodes', 'Node', 'cluster', 'no', 'status'],
    ['pods', 'Pod', 'ns', 'po', 'status'],
    ['secrets', 'Secret', 'ns'],
    ['serviceaccounts', 'ServiceAccount', 'ns', 'sa'],
    ['services', 'Service', 'ns', 'svc', 'status'],
  ],
  'apps/v1': [['deployments', 'Deployment', 'ns', 'deploy', 'status']],
  'autoscaling/v2': [['horizontalpodautoscalers', 'HorizontalPodAutoscaler', 'ns', 'hpa', 'status']],
  'networking.k8s.io/v1': [['networkpolicies', 'NetworkPolicy', 'ns', 'netpol']],
  'policy/v1': [['poddisruptionbudgets', 'PodDisruptionBudget', 'ns', 'pdb', 'status']],
  'apiregistration.k8s.io/v1': [['apiservices', 'APIService', 'cluster', '', 'status']],
  'coordination.k8s.io/v1': [['leases', 'Lease', 'ns']],
  'discovery.k8s.io/v1': [['endpointslices', 'EndpointSlice', 'ns']],
  'rbac.authorization.k8s.io/v1': [
    ['clusterrolebindings', 'ClusterRoleBinding', 'cluster'],
    ['clusterroles', 'ClusterRole', 'cluster'],
    ['rolebindings', 'RoleBinding', 'ns'],
    ['roles', 'Role', 'ns'],
  ],
}

/** Verbs of every stored resource, in the order discovery prints them. */
export const storageVerbs: readonly string[] = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

export const resourceTypes: readonly ResourceType[] = Object.entries(rows).flatMap(([groupVersion, list]) =>
  list.map((row) => fromRow(groupVersion, row)),
)

function fromRow(groupVersion: string, [resource, kind, scope, shortNames, status]: Row): ResourceType {
  const slash = groupVersion.indexOf('/')
  return {
    group: slash < 0 ? '' : groupVersion.slice(0, slash),
    version: groupVersion.slice(slash + 1),
    resource,
    singular: kind.toLowerCase(),
    kind,
    namespaced: scope === 'ns',
    shortNames: shortNames ? [shortNames] : [],
    hasStatus: status === 'status',
    categories: resource === 'pods' || resource === 'services' ? ['all'] : [],
  }
}

export function groupVersionOf(type: { group: string; version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`
}

export function findResource(group: string, version: string, resource: string): ResourceType | undefined {
  return resourceTypes.find(
    (type) => type.group === group && type.version === version && type.resource === resource,
  )
}

export function resourceOf(object: KubeObject): ResourceType {
  const type = resourceTypes.find(
    (candidate) => candidate.kind === object.kind && groupVersionOf(candidate) === object.apiVersion,
  )
  if (!type) throw new Error(`no resource for ${object.apiVersion} ${object.kind}`)
  return type
}

/** The groups and versions served from storage, in the order of `/apis` ("" is the core group). */
export function storedGroupVersions(): { group: string; version: string }[] {
  const seen = new Map<string, { group: string; version: string }>()
  for (const { group, version } of resourceTypes)
    seen.set(groupVersionOf({ group, version }), { group, version })
  return [...seen.values()]
}
