import { goDurationNanos } from '../src/render/duration.ts'
import { cpuQuantity, memoryQuantity } from '../src/render/quantity.ts'
import type { ItemUsage, NodeItem, PodItem } from '../src/view/item.ts'

/** An item as a plain object: what its JSON must say, made without the renderers. */
export function model(item: NodeItem | PodItem): Record<string, unknown> {
  const time = new Date(Math.floor(item.timestampMs / 1000) * 1000).toISOString().replace('.000', '')
  const names = 'namespace' in item ? { name: item.name, namespace: item.namespace } : { name: item.name }
  const labels = Object.keys(item.labels).length > 0 ? { labels: { ...item.labels } } : {}
  const window = goDurationNanos(Math.round(item.windowMs * 1e6))
  const head = { metadata: { ...names, creationTimestamp: time, ...labels }, timestamp: time, window }
  if (!('containers' in item)) return { ...head, usage: usage(item.usage) }
  return {
    ...head,
    containers: item.containers.map((each) => ({ name: each.name, usage: usage(each.usage) })),
  }
}

function usage({ cpuNanocores, memoryBytes, swapBytes }: ItemUsage) {
  const swap = swapBytes === undefined ? {} : { swap: memoryQuantity(swapBytes) }
  return { cpu: cpuQuantity(cpuNanocores), memory: memoryQuantity(memoryBytes), ...swap }
}
