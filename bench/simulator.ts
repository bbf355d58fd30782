import { type Cluster, type ClusterOptions, startCluster } from '@metrics-ring/sim/cluster'

/** The simulated cluster in a process of its own, so that its work is not counted as ours. Talks over IPC. */
export type SimulatorRequest =
  | { do: 'start'; options: ClusterOptions }
  /** Writes the kubeconfig of a service account. */
  | { do: 'account'; account: string; client: string }
  | { do: 'reset' }
  | { do: 'scrapes' }

export type ScrapeCounts = {
  total: number
  /** Of the node with the fewest, and of the one with the most. */
  least: number
  most: number
  /** With status 200, to the last byte. */
  whole: number
  bytes: number
}

let cluster: Cluster | undefined

async function handle(request: SimulatorRequest): Promise<unknown> {
  if (request.do === 'start') {
    cluster = await startCluster(request.options)
    return { dir: cluster.dir, kubeconfig: cluster.kubeconfigPath }
  }
  if (!cluster) throw new Error('not started')
  if (request.do === 'account') return cluster.serviceAccountKubeconfig(request.account, request.client)
  if (request.do === 'reset') return cluster.kubelets.reset()
  return count(cluster)
}

function count({ model, kubelets }: Cluster): ScrapeCounts {
  const all = model.nodes().map(({ name }) => kubelets.requests(name))
  const whole = all.flat().filter(({ answered, status }) => answered && status === 200)
  const numbers = all.map(({ length }) => length)
  return {
    total: numbers.reduce((sum, each) => sum + each, 0),
    least: Math.min(...numbers),
    most: Math.max(...numbers),
    whole: whole.length,
    bytes: whole.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

process.on('message', (message: { id: number; request: SimulatorRequest }) => {
  handle(message.request).then(
    (result) => process.send?.({ id: message.id, result: result ?? null }),
    (error: unknown) => process.send?.({ id: message.id, error: String(error) }),
  )
})
process.on('disconnect', () => void (cluster?.close() ?? Promise.resolve()).then(() => process.exit()))
