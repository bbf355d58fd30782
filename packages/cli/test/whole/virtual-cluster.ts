import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import type { ServedEntry } from '@metrics-ring/frontend/answer/listing'
import { createFollower } from '@metrics-ring/frontend/view/follow'
import type { NodeItem, PodItem } from '@metrics-ring/frontend/view/item'
import { nodeObject, podObject } from '@metrics-ring/frontend/view/objects'
import { isServed } from '@metrics-ring/frontend/view/shelf'
import { bytesOf, type Kept } from '@metrics-ring/frontend/view/slabs'
import { createView, type View } from '@metrics-ring/frontend/view/view'
import { createShardEvents } from '@metrics-ring/shard/events'
import { nodeCapacity } from '@metrics-ring/shard/kubelet/capacity'
import type { Target } from '@metrics-ring/shard/kubelet/targets'
import { times } from '@metrics-ring/shard/ring/times'
import { createShard } from '@metrics-ring/shard/shard'
import type { Sampling } from '@metrics-ring/sim/kubelet/series'
import { createModel, type Model } from '@metrics-ring/sim/model/model'
import { createReplaceableStore, createTextKubelets, W } from './virtual-kubelets.ts'

const originMs = 1_700_000_000_000
const answerMs = 30
const silent = { debug() {}, info() {}, warn() {}, error() {} }

export type VirtualOptions = {
  sampling: Sampling
  nodes?: number
  podsPerNode?: number
  seed?: number
  maxAgeMs?: number
  swapFraction?: number
}

/**
 * A shard's core, the store in memory and a frontend's view over the model's kubelets, all by one clock that only
 * moves when it is told to: what is served can be held against the truth at every moment, to the millisecond.
 */
export function createVirtualCluster(options: VirtualOptions) {
  const { sampling, nodes = 4, podsPerNode = 8, seed = 7, maxAgeMs = 60_000, swapFraction = 0.5 } = options
  const clock = createFakeClock(originMs)
  const now = clock.mono
  const model = createModel({ nodes, podsPerNode, seed, swapFraction, now })
  const store = createReplaceableStore(() => createMemoryStore({ clock, intervalMs: W, originMs: 0 }))
  const kubelets = createTextKubelets(model, sampling, now)
  const shard = createShard({
    self: 'shard-0',
    clock,
    times: times(W),
    now,
    store,
    fetchSample: async ({ node }) => {
      const fetched = kubelets.answer(node)
      await new Promise<void>((resolve) => clock.after(answerMs, resolve))
      return fetched
    },
    events: createShardEvents(silent, { mono: now }),
  })
  const view = createView({ maxAgeMs, renderNode: render, renderPod: render })
  const follower = createFollower({
    store,
    clock,
    sharedClock: createSharedClock({ clock, readTime: store.time }),
    apply: view.apply,
    events: { storeFailed() {}, storeAnswered() {}, storeRestarted() {}, loaded() {} },
  })
  publishInto(model, view)
  const stopFollowing = follower.start()
  shard.setTargets(new Map(model.nodes().map((node) => [node.name, targetOf(node)])))
  shard.setMembers(['shard-0'])

  return {
    clock,
    model,
    kubelets,
    view,
    store,
    now,
    /** What the API answers now. */
    pods: () => read<PodItem>(view, view.selectPods(undefined, {}).flat(), now()),
    nodes: () => read<NodeItem>(view, view.selectNodes({}).flat(), now()),
    /** Lets so much time pass, looking `everyMs`. */
    async pass(ms: number, look: () => void | Promise<void> = () => {}, everyMs = 250) {
      for (let left = ms; left > 0; left -= everyMs) {
        await clock.advance(Math.min(left, everyMs))
        await look()
      }
    },
    stop() {
      shard.stop()
      stopFollowing()
    },
  }
}

export type VirtualCluster = ReturnType<typeof createVirtualCluster>

function targetOf(node: {
  name: string
  uid: string
  createdMs: number
  cores: number
  memoryBytes: number
}): Target {
  const { name, uid, createdMs, cores, memoryBytes } = node
  const capacity = nodeCapacity({ status: { capacity: { cpu: String(cores), memory: String(memoryBytes) } } })
  return { node: name, uid, createdMs, capacity, kubelet: { ok: false, reason: 'other', detail: '' } }
}

function publishInto(model: Model, view: View) {
  model.publish({
    apply(object) {
      if (object.kind === 'Node') view.upsertNode(nodeObject(object.metadata))
      if (object.kind === 'Pod') view.upsertPod(podObject(object.metadata))
    },
    remove({ kind, metadata }) {
      if (kind === 'Pod') view.removePod(metadata.namespace ?? '', metadata.name)
    },
  })
}

function render(item: object) {
  return Buffer.from(JSON.stringify(item))
}

function read<T>(view: View, entries: ServedEntry[], nowMs: number): T[] {
  return entries
    .filter((each) => isServed(each as never, nowMs))
    .map((each) => JSON.parse(String(bytesOf(view.kept(each, 'json') as Kept))) as T)
}
