/** The group we serve and what is in it. Order of versions is order of preference. */
export const group = 'metrics.k8s.io'
export const versions = ['v1', 'v1beta1'] as const
export type Version = (typeof versions)[number]
export type Resource = 'pods' | 'nodes'

/** Kind of one object of a resource; a list of them is the kind with `List` behind. */
export const kinds = { pods: 'PodMetrics', nodes: 'NodeMetrics' } as const
export type Kind = (typeof kinds)[Resource]

/** ListMeta as far as our lists have it. */
export type ListMeta = {
  /** Token of the next page. */
  continue?: string
  /** Items after this page; absent with selectors, where Kubernetes does not count them. */
  remainingItemCount?: number
}

export function apiVersion(version: Version): string {
  return `${group}/${version}`
}
