import type { Capacity } from '@metrics-ring/common/record/usage-subject'

/** What is read of a Node object. */
type NodeStatus = { metadata?: object; status?: { capacity?: { cpu?: unknown; memory?: unknown } } }

/** A Node's CPU and memory; undefined unless it states both (a virtual one may state none, or zero). */
export function nodeCapacity(node: NodeStatus): Capacity | undefined {
  const { cpu, memory } = node.status?.capacity ?? {}
  const cpuNanocores = quantity(cpu) * 1e9
  const memoryBytes = quantity(memory)
  return cpuNanocores > 0 && memoryBytes > 0 ? { cpuNanocores, memoryBytes } : undefined
}

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** A Kubernetes quantity (`7910m`, `32Gi`, `1e3`) as a number, to the precision of one; NaN if it is none. */
function quantity(value: unknown): number {
  const [, digits, suffix = ''] =
    /^\+?(\d+\.?\d*|\.\d+)([a-zA-Z]{0,2}|[eE][+-]?\d{1,3})$/.exec(String(value)) ?? []
  if (digits === undefined) return Number.NaN
  if (/^[eE]./.test(suffix) && !BINARY.includes(suffix)) return Number(digits + suffix)
  const binary = BINARY.indexOf(suffix)
  if (binary > 0) return Number(digits) * 1024 ** binary
  const decimal = DECIMAL.indexOf(suffix)
  return decimal < 0 ? Number.NaN : Number(digits) * 1000 ** (decimal - 3)
}
