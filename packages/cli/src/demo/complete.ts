import type { Cluster } from '@metrics-ring/sim/cluster'
import type { Kubectl } from './kubectl.ts'

/** What kubectl top prints, and what it lacks; `missing` empty: every node and every running pod has its row. */
export type TopOutput = {
  nodes: string
  pods: string
  /** A sentence for each kind of thing that is missing. */
  missing: string[]
  /** Nodes and pods without a row. */
  missingRows: number
}

/** Names that must have a row; pods as `namespace name`. */
export type Wanted = { nodes: string[]; pods: string[] }

type Printed = Awaited<ReturnType<Kubectl>>

export async function readTop(kubectl: Kubectl, cluster: Cluster): Promise<TopOutput> {
  const [nodes, pods] = await Promise.all([kubectl('top', 'nodes'), kubectl('top', 'pods', '-A')])
  return judgeTop(nodes, pods, wantedRows(cluster))
}

/** The rows that complete data has now. */
export function wantedRows({ model }: Cluster): Wanted {
  const running = model.pods().filter(({ phase }) => phase === 'Running')
  return {
    nodes: model.nodes().map(({ name }) => name),
    pods: running.map(({ namespace, name }) => `${namespace} ${name}`),
  }
}

/** Pure. */
export function judgeTop(nodes: Printed, pods: Printed, wanted: Wanted): TopOutput {
  const lacking = {
    node: without(wanted.nodes, rows(nodes.stdout, 1)),
    pod: without(wanted.pods, rows(pods.stdout, 2)),
  }
  const failures = [nodes, pods].filter(({ ok }) => !ok).map(({ stderr }) => stderr.trim())
  const missing = [
    ...sentence('node', lacking.node, wanted.nodes.length),
    ...sentence('pod', lacking.pod, wanted.pods.length),
    ...(nodes.stdout.includes('<unknown>') ? ['a node is <unknown>'] : []),
    ...new Set(failures),
  ]
  const missingRows = lacking.node.length + lacking.pod.length
  return { nodes: nodes.stdout, pods: pods.stdout, missing, missingRows }
}

/** The first `columns` words of each row below the header, joined by one space. */
function rows(output: string, columns: number): Set<string> {
  const lines = output.split('\n').slice(1)
  return new Set(lines.map((line) => line.trim().split(/\s+/).slice(0, columns).join(' ')))
}

function without(wanted: string[], found: Set<string>): string[] {
  return wanted.filter((name) => !found.has(name))
}

function sentence(what: string, names: string[], of: number): string[] {
  if (names.length === 0) return []
  const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`
  return [`${names.length} of ${of} ${what}s have no row (${some})`]
}
