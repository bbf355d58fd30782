import type { NodeMetrics, PodMetrics } from './api-client.ts'
import { type Installation, intervalMs, until } from './installation.ts'
import { nodeCells, podCells, type Resources, rowsOf } from './top.ts'
import { nodeFaults, podFaults } from './truth.ts'

const versions = ['v1', 'v1beta1']

/** Everything the API serves, in every version, that the model does not confirm. */
export async function valueFaults(installation: Installation): Promise<{ values: number; faults: string[] }> {
  const { cluster } = installation
  const faults: string[] = []
  let values = 0
  for (const version of versions) {
    const nodes = await raw<NodeMetrics>(installation, 'nodes', version)
    const pods = await raw<PodMetrics>(installation, 'pods', version)
    faults.push(...nodes.flatMap((node) => nodeFaults(cluster, node)))
    faults.push(...pods.flatMap((pod) => podFaults(cluster, pod)))
    if (nodes.length !== cluster.model.nodes().length) faults.push(`${version} has ${nodes.length} nodes`)
    if (pods.length !== cluster.model.pods().length) faults.push(`${version} has ${pods.length} pods`)
    const usages = nodes.length + pods.reduce((sum, { containers }) => sum + containers.length, 0)
    values += 2 * usages
  }
  return { values, faults }
}

async function raw<T>({ kubectl }: Installation, resource: string, version = 'v1'): Promise<T[]> {
  const { ok, stdout, stderr } = await kubectl('get', '--raw', `/apis/metrics.k8s.io/${version}/${resource}`)
  if (!ok) throw new Error(stderr)
  return (JSON.parse(stdout) as { items: T[] }).items
}

/**
 * Rows of kubectl top that were never kubectl's rounding of what the API served just before or after. Usage moves on
 * while kubectl runs, so a row may need a second look.
 */
export async function unexplainedRows(installation: Installation, looks = 5): Promise<string[]> {
  const left = new Set([...(await topRows(installation))].map(nameOf))
  for (let look = 0; look < looks && left.size > 0; look++) {
    const expected = await expectedRows(installation)
    const printed = await topRows(installation)
    for (const row of await expectedRows(installation)) expected.add(row)
    for (const row of printed) if (expected.has(row)) left.delete(nameOf(row))
  }
  return [...left]
}

async function topRows({ kubectl }: Installation): Promise<string[]> {
  const [nodes, pods] = await Promise.all([kubectl('top', 'nodes'), kubectl('top', 'pods', '-A')])
  if (!nodes.ok || !pods.ok) throw new Error(nodes.stderr + pods.stderr)
  return [...rowsOf(nodes.stdout).map((row) => `node ${row}`), ...rowsOf(pods.stdout)]
}

function nameOf(row: string): string {
  return row.split(' ', 2).join(' ')
}

async function expectedRows(installation: Installation): Promise<Set<string>> {
  const allocatable = await allocatables(installation)
  const nodes = await raw<NodeMetrics>(installation, 'nodes')
  const pods = await raw<PodMetrics>(installation, 'pods')
  const nodeRow = (node: NodeMetrics) =>
    `node ${nodeCells(node, allocatable.get(node.metadata.name) ?? { cpu: '0', memory: '0' })}`
  return new Set([...nodes.map(nodeRow), ...pods.map(podCells)])
}

async function allocatables({ kubectl }: Installation): Promise<Map<string, Resources>> {
  const { stdout } = await kubectl('get', 'nodes', '-o', 'json')
  type Node = { metadata: { name: string }; status: { allocatable: Resources } }
  const { items } = JSON.parse(stdout) as { items: Node[] }
  return new Map(items.map(({ metadata, status }) => [metadata.name, status.allocatable]))
}

/**
 * How often each kubelet was scraped in each of `intervals` intervals from `sinceMs` on: the least and the most. An
 * interval of a node is centred on its first scrape, and so on every scrape that keeps the rhythm.
 */
export async function scrapesPerInterval({ cluster }: Installation, sinceMs: number, intervals: number) {
  const { model, kubelets } = cluster
  const endMs = sinceMs + (intervals + 1.5) * intervalMs
  await until(() => (Date.now() < endMs ? ['the intervals are not over'] : []), 2 * intervals * intervalMs)
  const counts = model.nodes().flatMap(({ name }) => {
    const scrapes = kubelets.scrapes(name).filter((at) => at >= sinceMs)
    const firstMs = (scrapes[0] ?? sinceMs) - intervalMs / 2
    return Array.from({ length: intervals }, (_, index) => {
      const fromMs = firstMs + index * intervalMs
      return scrapes.filter((at) => fromMs <= at && at < fromMs + intervalMs).length
    })
  })
  return { min: Math.min(...counts), max: Math.max(...counts), intervals: counts.length }
}
