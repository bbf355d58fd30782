/** Resources as discovery describes them, in the aggregated form and translated to the legacy one. */
import type { AggregatedVersion } from './aggregator/discovery.ts'
import { type ResourceType, resourceTypes, storageVerbs, storedGroupVersions } from './resources.ts'
import { type ReviewType, reviewTypes } from './reviews.ts'

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

export function legacyResources(resource: Resource): Resource[] {
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

/** Every version served here rather than by an extension API server. */
export function localVersions(): AggregatedVersion[] {
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
