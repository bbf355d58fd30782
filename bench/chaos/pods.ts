import type { Cluster } from '@metrics-ring/sim/cluster'
import type { NodeState, PodState } from '@metrics-ring/sim/model/model'
import type { Peer } from '../processes.ts'
import type { ListerRequest } from './lister.ts'

/**
 * In intervals after its start: when a new pod has to be served at the latest. A kubelet looks at an idle container for
 * the second time up to 31 s after its start, and is asked up to 15 s later.
 */
const newPodIntervals = 3.2
/** The age from which a sample of a container says what it uses; in intervals. */
const usableAge = 2 / 3

export type NewPod = {
  /** `namespace/name` */
  key: string
  startedMs: number
  /** When its kubelet had samples of every container that say what it uses; undefined: not yet. */
  usableMs: number | undefined
}

/** Pods that come and go, with the client told what to expect. */
export type Pods = {
  /** Expects every pod that runs now, at once. */
  expectAll(): Promise<void>
  /** So many new pods, somewhere. */
  create(count: number): Promise<void>
  addNode(): Promise<NodeState>
  /** With its pods. */
  removeNode(name: string): Promise<void>
  /** What was created since the last `clear`. */
  created(): NewPod[]
  /** Deletes what was created here. */
  clear(): Promise<void>
}

export function createPods(
  { model, kubelets }: Cluster,
  lister: Peer<ListerRequest>,
  intervalMs: number,
): Pods {
  const created = new Map<string, PodState>()
  const forget = (keys: string[]) => {
    for (const key of keys) created.delete(key)
    return lister.ask({ do: 'forget', keys })
  }
  function usableMs(pod: PodState): number | undefined {
    const { namespace, name, createdMs, containers } = pod
    const firstMs = createdMs + usableAge * intervalMs
    const times = containers.map(({ template }) => {
      const subject = { namespace, pod: name, container: template.name }
      return kubelets.sampleTimes(subject, firstMs, Date.now())[0]
    })
    return times.every((ms) => ms !== undefined) ? Math.max(...times) : undefined
  }
  async function expect(pods: readonly PodState[]) {
    for (const pod of pods) created.set(keyOf(pod), pod)
    await lister.ask({
      do: 'expect',
      keys: pods.map(keyOf),
      mustMs: Date.now() + newPodIntervals * intervalMs,
    })
  }
  return {
    async expectAll() {
      const running = model.pods().filter(({ phase }) => phase === 'Running')
      await lister.ask({ do: 'expect', keys: running.map(keyOf), mustMs: 0 })
    },
    async create(count) {
      await expect(Array.from({ length: count }, () => model.createPod()))
    },
    async addNode() {
      const node = await model.addNode()
      await expect([...node.pods.values()])
      return node
    },
    async removeNode(name) {
      await forget([...model.node(name).pods.values()].map(keyOf))
      await model.removeNode(name)
    },
    created: () =>
      [...created].map(([key, pod]) => ({ key, startedMs: pod.createdMs, usableMs: usableMs(pod) })),
    async clear() {
      const keys = [...created.keys()]
      await forget(keys)
      for (const pod of model.pods())
        if (keys.includes(keyOf(pod)) && pod.workload.kind !== 'DaemonSet')
          model.deletePod(pod.namespace, pod.name)
      await this.expectAll()
    },
  }
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`
}
