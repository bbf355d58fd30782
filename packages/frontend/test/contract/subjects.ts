import { type Context, getList, type Item } from './context.ts'

/** Something of each kind to ask for, taken from what is served. */
export type Subjects = {
  node: string
  /** The one with the most pods. */
  namespace: string
  /** Of that namespace, with as many containers as any. */
  pod: string
  /** `key=value` that some of all pods bear. */
  podLabel: string
  /** `key=value` that some of all nodes bear. */
  nodeLabel: string
}

export async function findSubjects(context: Context): Promise<Subjects> {
  const version = context.versions[0]
  const { items: nodes } = await getList(context, `${version}/nodes`)
  const { items: pods } = await getList(context, `${version}/pods`)
  const [node] = nodes
  const namespaces = Map.groupBy(pods, ({ metadata }) => metadata.namespace ?? '')
  const [largest] = [...namespaces].toSorted(([, a], [, b]) => b.length - a.length)
  if (!node || !largest) throw new Error('no node or no pod is served: there is nothing to ask for')
  const [pod] = largest[1].toSorted((a, b) => (b.containers?.length ?? 0) - (a.containers?.length ?? 0))
  return {
    node: node.metadata.name,
    namespace: largest[0],
    pod: pod?.metadata.name ?? '',
    podLabel: partingLabel(pods),
    nodeLabel: partingLabel(nodes),
  }
}

/** The label that comes nearest to parting the items in halves. */
function partingLabel(items: readonly Item[]): string {
  const counts = new Map<string, number>()
  for (const { metadata } of items) {
    for (const [key, value] of Object.entries(metadata.labels ?? {})) {
      counts.set(`${key}=${value}`, (counts.get(`${key}=${value}`) ?? 0) + 1)
    }
  }
  const off = (count: number) => Math.abs(count - items.length / 2)
  const [best] = [...counts].toSorted(([, a], [, b]) => off(a) - off(b))
  if (!best) throw new Error('nothing served has a label')
  return best[0]
}

export function hasLabel(item: Item, label: string): boolean {
  const [key = '', value] = label.split('=')
  return item.metadata.labels?.[key] === value
}
