import { type Cluster, type ClusterOptions, startCluster } from '@metrics-ring/sim/cluster'
import { answerRequests } from './peer.ts'

/** The simulated cluster in a process of its own, so that its work is not counted as ours. Talks over IPC. */
export type SimulatorRequest =
  | { do: 'start'; options: ClusterOptions }
  /** Writes the kubeconfig of a service account. */
  | { do: 'account'; account: string; client: string }
  | { do: 'reset' }
  | { do: 'scrapes' }

export type ScrapeCounts = {
  total: number
  /** In an interval, by the time between the first and the last: of the slowest node, and of the most hurried one. */
  least: number
  most: number
  /** With status 200, to the last byte. */
  whole: number
  bytes: number
}

let cluster: Cluster | undefined
let intervalMs = 15_000

async function handle(request: SimulatorRequest): Promise<unknown> {
  if (request.do === 'start') {
    cluster = await startCluster(request.options)
    intervalMs = request.options.intervalMs ?? intervalMs
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
  const paces = all.map((scrapes) => paceOf(scrapes.map(({ atMs }) => atMs)))
  return {
    total: all.flat().length,
    least: Math.min(...paces),
    most: Math.max(...paces),
    whole: whole.length,
    bytes: whole.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** Scrapes in an interval, to two digits: a scrape is some milliseconds early or late. */
function paceOf(atMs: readonly number[]): number {
  const spanMs = (atMs.at(-1) ?? 0) - (atMs[0] ?? 0)
  return Math.round((100 * (atMs.length - 1) * intervalMs) / spanMs) / 100
}

answerRequests<SimulatorRequest>(handle, async () => cluster?.close())
