import { silentLog } from '@metrics-ring/common/log'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { createModel, type Model } from '@metrics-ring/sim/model/model'
import { type ApiPlane, publish, startApiPlane } from '../api-plane.ts'
import { answerRequests } from '../peer.ts'
import { createRecordWriter, type RecordWriter } from '../record-writer.ts'

/** An API server and what writes records for its nodes, in a process of its own: neither is counted as ours. */
export type ListClusterRequest =
  | { do: 'start'; redisUrl: string; intervalMs: number; nodes: number; pods: number; namespacePods: number }
  /** Commits a record of every node, as fast as the store takes them. */
  | { do: 'fill' }
  /** From now on every node once an interval, evenly spread, every subject changed; or no more. */
  | { do: 'write'; on: boolean }

export type ListCluster = {
  /** Kubeconfig of a frontend. */
  kubeconfig: string
  files: ApiPlane['files']
  pods: number
  namespace: string
  namespacePods: number
  /** Selects fifty pods of the namespace, or all there are. */
  selector: string
  selected: number
  pod: string
}

const selectedPods = 50

let writer: RecordWriter | undefined
let close = () => Promise.resolve()

answerRequests<ListClusterRequest>(
  async (request) => {
    if (request.do === 'start') return start(request)
    if (request.do === 'fill') return writer?.fill()
    return request.on ? writer?.start() : writer?.stop()
  },
  () => close(),
)

async function start(options: Extract<ListClusterRequest, { do: 'start' }>): Promise<ListCluster> {
  const { redisUrl, intervalMs, nodes, pods } = options
  const plane = await startApiPlane()
  const model = createModel({
    nodes,
    podsPerNode: Math.round(pods / nodes),
    containersPerPod: [2, 2],
    seed: 1,
    // Pods that are moved below are not newer than their samples.
    now: () => Date.now() - 3_600_000,
  })
  const namespace = resize(model, options.namespacePods)
  const selection = selectionIn(model, namespace)
  publish(model, plane.apiserver)
  const store = createRedisStore({
    url: redisUrl,
    ringName: 'metrics-ring',
    intervalMs,
    onBadRecord: () => {},
    log: silentLog,
  })
  writer = createRecordWriter(store, model, intervalMs)
  close = async () => {
    writer?.stop()
    await store.close()
    await plane.close()
  }
  return {
    kubeconfig: plane.account('kube-system:metrics-ring-frontend', 'frontend'),
    files: plane.files,
    pods: model.pods().length,
    ...selection,
  }
}

/** Gives the largest namespace so many pods, at the cost or to the benefit of the others; returns its name. */
function resize(model: Model, wanted: number): string {
  const sizes = Map.groupBy(model.pods(), (pod) => pod.namespace)
  sizes.delete('kube-system')
  const largest = [...sizes].toSorted(([, a], [, b]) => b.length - a.length)
  const [[namespace, inside] = ['default', []]] = largest
  const outside = largest.slice(1).flatMap(([, pods]) => pods)
  const [from, to] = inside.length > wanted ? [inside, outside] : [outside, inside]
  const deployments = to.map(({ workload }) => workload).filter(({ kind }) => kind === 'Deployment')
  for (const [index, pod] of from.slice(0, Math.abs(inside.length - wanted)).entries()) {
    const workload = deployments[index % deployments.length]
    if (!workload) break
    model.deletePod(pod.namespace, pod.name)
    model.createPod({ workload, node: pod.node })
  }
  return namespace
}

/** A selector of fifty pods of the namespace; its largest workload but for some gets what it lacks of that. */
function selectionIn(model: Model, namespace: string) {
  const inside = () => model.pods().filter((pod) => pod.namespace === namespace)
  const workloads = [...Map.groupBy(inside(), ({ workload }) => workload)]
  const largest = workloads.toSorted(([, a], [, b]) => b.length - a.length)
  const [workload, members = []] = largest.find(([, pods]) => pods.length <= selectedPods) ?? []
  if (!workload) throw new Error(`there is no workload of at most ${selectedPods} pods in ${namespace}`)
  const others = inside().filter((pod) => pod.workload !== workload)
  for (const pod of others.slice(0, selectedPods - members.length)) {
    model.deletePod(namespace, pod.name)
    model.createPod({ workload, node: pod.node })
  }
  const selected = inside().filter((pod) => pod.workload === workload)
  const selector = `app.kubernetes.io/name=${workload.name},app.kubernetes.io/managed-by=Helm`
  return {
    namespace,
    namespacePods: inside().length,
    selector,
    selected: selected.length,
    pod: selected[0]?.name ?? '',
  }
}
