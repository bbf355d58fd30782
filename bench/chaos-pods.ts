import type { Cluster } from '@metrics-ring/sim/cluster'
import type { NodeState, PodState } from '@metrics-ring/sim/model'
import type { ListerRequest } from './chaos-lister.ts'
import type { Peer } from './processes.ts'

/** In intervals after its start: when a new pod has to be served. Containers are first sampled when the kubelet likes. */
const newPodIntervals = 3

/** Pods that come and go, with the client told what to expect. */
export type Pods = {
  /** Expects every pod that runs now, at once. */
  expectAll(): Promise<void>
  /** So many new pods, somewhere. */
  create(count: number): Promise<void>
  addNode(): Promise<NodeState>
  /** With its pods. */
  removeNode(name: string): Promise<void>
  /** When the containers of those pods started that were created since the last `clear`, by `namespace/name`. */
  created(): ReadonlyMap<string, number>
  /** Deletes what was created here. */
  clear(): Promise<void>
}

export function createPods({ model }: Cluster, lister: Peer<ListerRequest>, intervalMs: number): Pods {
  const created = new Map<string, number>()
  const forget = (keys: string[]) => {
    for (const key of keys) created.delete(key)
    return lister.ask({ do: 'forget', keys })
  }
  async function expect(pods: readonly PodState[]) {
    for (const pod of pods) created.set(keyOf(pod), pod.createdMs)
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
    created: () => created,
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
