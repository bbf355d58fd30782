import type { NodeMetrics, PodMetrics } from './api-client.ts'
import { nanos } from './quantity.ts'

/** CPU and memory, as quantities. */
export type Resources = { cpu: string; memory: string }

/** A row of kubectl top nodes as its cells, from what the API serves: kubectl's arithmetic (pkg/metricsutil). */
export function nodeCells({ metadata, usage }: NodeMetrics, allocatable: Resources): string {
  const { cpu, memory } = sum([usage])
  const whole = sum([allocatable])
  const share = (part: bigint, whole: bigint) => `${Math.trunc((Number(part) / Number(whole)) * 100)}%`
  const shares = {
    cpu: share(milli(cpu), milli(whole.cpu)),
    memory: share(memory, whole.memory),
  }
  return [metadata.name, `${milli(cpu)}m`, shares.cpu, mebi(memory), shares.memory].join(' ')
}

export function podCells({ metadata, containers }: PodMetrics): string {
  const { cpu, memory } = sum(containers.map(({ usage }) => usage))
  return [metadata.namespace, metadata.name, `${milli(cpu)}m`, mebi(memory)].join(' ')
}

/** The rows below the header, their cells parted by one space. */
export function rowsOf(output: string): string[] {
  const lines = output.trimEnd().split('\n').slice(1)
  return lines.map((line) => line.trim().split(/\s+/).join(' '))
}

function sum(usages: readonly Resources[]) {
  const total = { cpu: 0n, memory: 0n }
  for (const { cpu, memory } of usages) {
    total.cpu += nanos(cpu)
    total.memory += nanos(memory) / 1_000_000_000n
  }
  return total
}

/** Quantity.MilliValue: rounded up. */
function milli(nanocores: bigint): bigint {
  return (nanocores + 999_999n) / 1_000_000n
}

/** Truncated. */
function mebi(bytes: bigint): string {
  return `${bytes >> 20n}Mi`
}
