import { apiVersion, kinds, type ListMeta, type Resource, type Version } from '../answer/api.ts'
import type { IncludeObject } from '../request/list-options.ts'
import { cpuQuantity, memoryQuantity, parseQuantity } from './quantity.ts'
import { goJson, listMeta } from './render-json.ts'
import { type MetaVersion, partialObject } from './render-partial.ts'

/** How the rows of a table are made. */
export type TableForm = {
  resource: Resource
  /** Of an object that a row includes. */
  version: Version
  tableVersion: MetaVersion
  includeObject: IncludeObject
}

type Usage = Record<string, string>
type Item = {
  metadata: { name: string }
  window: string
  usage?: Usage
  containers?: { usage: Usage }[]
}

/** Everything of a Table but its rows. Columns are those of the first item; without one, none. */
export function tableDocument(
  firstJson: string | undefined,
  version: MetaVersion,
  meta: ListMeta = {},
): object {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: listMeta(meta),
    columnDefinitions: firstJson === undefined ? [] : columns(usageNames(firstJson)),
  }
}

/** The keys of an item's usage, which are its columns, sorted. */
export function usageNames(itemJson: string): string[] {
  return Object.keys(sums(JSON.parse(itemJson) as Item)).sort()
}

/** A row: name, usage (of a pod: the sum of its containers), window. What an item lacks is `0`. */
export function tableRow(itemJson: string, names: readonly string[], form: TableForm): string {
  const item = JSON.parse(itemJson) as Item
  const usage = sums(item)
  const cells = [item.metadata.name, ...names.map((name) => usage[name] ?? '0'), item.window]
  return goJson({ cells, object: included(itemJson, item, form) })
}

function included(itemJson: string, item: Item, form: TableForm): object | null {
  if (form.includeObject === 'None') return null
  if (form.includeObject === 'Metadata') return partialObject(itemJson, form.tableVersion)
  return { kind: kinds[form.resource], apiVersion: apiVersion(form.version), ...item }
}

function sums({ usage, containers = [] }: Item): Usage {
  if (usage) return usage
  if (containers.length === 1) return containers[0]?.usage as Usage
  const total: Record<string, bigint> = {}
  for (const container of containers) {
    for (const [name, text] of Object.entries(container.usage)) {
      total[name] = (total[name] ?? 0n) + parseQuantity(text, name === 'cpu' ? 'cpu' : 'bytes')
    }
  }
  const text = (name: string, sum: bigint) => (name === 'cpu' ? cpuQuantity(sum) : memoryQuantity(sum))
  return Object.fromEntries(Object.entries(total).map(([name, sum]) => [name, text(name, sum)]))
}

function columns(names: readonly string[]): object[] {
  const column = (name: string, format: string, description = '') => {
    return { name, type: 'string', format, description, priority: 0 }
  }
  return [
    column('Name', 'name', 'Name of the resource'),
    ...names.map((name) => column(name, 'quantity')),
    column('Window', 'duration'),
  ]
}
