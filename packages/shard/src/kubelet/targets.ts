import type { Clock } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import { createReflector, type KubeObject, type Reflector } from '@metrics-ring/common/kube/reflector'
import type { Log } from '@metrics-ring/common/log'
import type { Capacity } from '@metrics-ring/common/record/usage-subject'
import { nodeCapacity } from './capacity.ts'
import { type KubeletTarget, type KubeletTargetOptions, kubeletTarget } from './kubelet-target.ts'
import type { Failure } from './reasons.ts'

/** A Node to scrape, and where its kubelet is (or why that cannot be told). */
export type Target = {
  node: string
  uid: string
  /** creationTimestamp of the Node, milliseconds since the epoch. */
  createdMs: number
  /** What the Node says it has; undefined where it does not say. */
  capacity?: Capacity | undefined
  kubelet: { ok: true; target: KubeletTarget } | Failure
}

export type TargetsDeps = {
  client: KubeClient
  clock: Clock
  log: Log
  /** Label selector over Nodes; empty: all. */
  nodeSelector: string
  options: KubeletTargetOptions
  /** All targets, after something about them has changed. Not called before the first full list. */
  onTargets: (targets: ReadonlyMap<string, Target>) => void
}

/** Follows the Nodes of the cluster. NotReady ones are targets like any other: their kubelet may still answer. */
export function followTargets(deps: TargetsDeps): Reflector {
  const targets = new Map<string, Target>()
  /** Not in the list that is under way, so far. */
  let unlisted = new Set<string>()
  let telling = false

  /** Once per turn of the event loop: a page of a list is one change. */
  function tell() {
    if (telling) return
    telling = true
    deps.clock.after(0, () => {
      telling = false
      if (reflector.synced()) deps.onTargets(new Map(targets))
    })
  }
  const reflector = createReflector<KubeObject>({
    client: deps.client,
    clock: deps.clock,
    log: deps.log,
    path: '/api/v1/nodes',
    ...(deps.nodeSelector ? { query: { labelSelector: deps.nodeSelector } } : {}),
    handler: {
      upsert(object) {
        const target = targetOf(object, deps.options)
        unlisted.delete(target.node)
        const before = targets.get(target.node)
        targets.set(target.node, target)
        if (JSON.stringify(before) !== JSON.stringify(target)) tell()
      },
      remove(_, name) {
        if (targets.delete(name)) tell()
      },
      listing() {
        unlisted = new Set(targets.keys())
      },
      listed() {
        for (const name of unlisted) targets.delete(name)
        tell()
      },
    },
  })
  return reflector
}

function targetOf(node: KubeObject, options: KubeletTargetOptions): Target {
  const { name, uid, creationTimestamp } = node.metadata
  return {
    node: name,
    uid: String(uid ?? ''),
    createdMs: Date.parse(String(creationTimestamp)) || 0,
    capacity: nodeCapacity(node),
    kubelet: kubeletTarget(node, options),
  }
}
