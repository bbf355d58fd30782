import { place } from '@metrics-ring/common/record/record'
import type { NodeItem } from './item.ts'

/** What a record says of the node itself. */
export type NodeUsage = {
  item: Pick<NodeItem, 'timestampMs' | 'windowMs' | 'usage'>
  /** When the scrape that brought it was sent, shared clock, milliseconds. */
  atMs: number
}

/** Undefined: the record has none, not enough of it is known yet. */
export function nodeUsage(numbers: Float64Array): NodeUsage | undefined {
  const of = (which: number) => numbers[which] as number
  const timestampMs = of(place.usageTimestamp)
  if (Number.isNaN(timestampMs)) return undefined
  const [cpuNanocores, memoryBytes] = [of(place.usageCpu), of(place.usageMemory)]
  const swapBytes = of(place.usageSwap)
  const usage = Number.isNaN(swapBytes)
    ? { cpuNanocores, memoryBytes }
    : { cpuNanocores, memoryBytes, swapBytes }
  return { item: { timestampMs, windowMs: of(place.usageWindow), usage }, atMs: of(place.usageAt) }
}

/** Whether both would be rendered alike. */
export function sameUsage({ item: a }: NodeUsage, { item: b }: NodeUsage): boolean {
  return (
    a.timestampMs === b.timestampMs &&
    a.windowMs === b.windowMs &&
    a.usage.cpuNanocores === b.usage.cpuNanocores &&
    a.usage.memoryBytes === b.usage.memoryBytes &&
    a.usage.swapBytes === b.usage.swapBytes
  )
}
