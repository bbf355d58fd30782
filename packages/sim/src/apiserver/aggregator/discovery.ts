/** One version of an aggregated group, as merged discovery shows it. */
export type AggregatedVersion = {
  group: string
  version: string
  groupPriorityMinimum: number
  versionPriority: number
  freshness: 'Current' | 'Stale'
  resources: Record<string, unknown>[]
}
