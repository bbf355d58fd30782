import { createModel, type Model, type PodState } from '@metrics-ring/sim/model/model'

/**
 * The simulated cluster of one run. Every process makes the same one from these numbers: the API server has all of it,
 * a kubelet process its share of the nodes.
 */
export type ClusterSize = {
  nodes: number
  podsPerNode: number
  /** Of most pods; those of one namespace have ten. */
  containers: number
  seed: number
  /** When its past ends, milliseconds since the epoch. */
  beganMs: number
}

/** The shapes of metrics-server's own storage benchmark, each a namespace of the one cluster. */
export const bigDeployment = 'big-deployment'
export const denseContainers = 'dense-containers'
const containersWhereDense = 10

/** So many namespaces that the largest has a fifth of all pods. */
const namespaces = 60

export function createCluster({ nodes, podsPerNode, containers, seed, beganMs }: ClusterSize): Model {
  let isPast = true
  const model = createModel({
    nodes,
    podsPerNode,
    containersPerPod: [containers, containers],
    namespaces,
    seed,
    now: () => (isPast ? beganMs : Date.now()),
  })
  const pods = nodes * podsPerNode
  const movable = model.pods().filter(({ namespace }) => namespace !== 'kube-system')
  const taken = Math.round(pods / 25)
  replace(model, movable.slice(0, taken), bigDeployment, containers)
  replace(model, movable.slice(taken, taken + Math.round(pods / 500)), denseContainers, containersWhereDense)
  isPast = false
  return model
}

/** The pods give way to as many of one new Deployment. */
function replace(model: Model, pods: readonly PodState[], namespace: string, containers: number): void {
  let workload: PodState['workload'] | undefined
  for (const { node, ...pod } of pods) {
    model.deletePod(pod.namespace, pod.name)
    const of = workload
      ? { workload }
      : { namespace, containers: Array.from({ length: containers }, () => ({})) }
    workload = model.createPod({ node, ...of }).workload
  }
}

/** The nodes whose kubelets one process of several plays. */
export function shareOf(model: Model, { index, of }: { index: number; of: number }) {
  return model.nodes().filter((_, place) => place % of === index)
}
