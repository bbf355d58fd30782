import type { Cluster } from '@metrics-ring/sim/cluster'
import type { Kubectl } from './kubectl.ts'

/** What kubectl top prints, and what it lacks; `missing` empty: every node and every running pod has its row. */
export type TopOutput = { nodes: string; pods: string; missing: string[] }

export async function readTop(kubectl: Kubectl, cluster: Cluster): Promise<TopOutput> {
  const [nodes, pods] = await Promise.all([kubectl('top', 'nodes'), kubectl('top', 'pods', '-A')])
  const wanted = {
    nodes: cluster.model.nodes().map(({ name }) => name),
    pods: cluster.model
      .pods()
      .filter(({ phase }) => phase === 'Running')
      .map(({ namespace, name }) => `${namespace} ${name}`),
  }
  const missing = [
    ...lacking('node', wanted.nodes, rows(nodes.stdout, 1)),
    ...lacking('pod', wanted.pods, rows(pods.stdout, 2)),
    ...(nodes.stdout.includes('<unknown>') ? ['a node is <unknown>'] : []),
    ...[nodes, pods].filter(({ ok }) => !ok).map(({ stderr }) => stderr.trim()),
  ]
  return { nodes: nodes.stdout, pods: pods.stdout, missing }
}

/** The first `columns` words of each row below the header, joined by one space. */
function rows(output: string, columns: number): Set<string> {
  const lines = output.split('\n').slice(1)
  return new Set(lines.map((line) => line.trim().split(/\s+/).slice(0, columns).join(' ')))
}

function lacking(what: string, wanted: string[], found: Set<string>): string[] {
  const names = wanted.filter((name) => !found.has(name))
  if (names.length === 0) return []
  return [
    `${names.length} of ${wanted.length} ${what}s have no row (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})`,
  ]
}
