import type { Model } from './model.ts'
import { createRandom } from './random.ts'

export type ChurnOptions = {
  /** Changes a minute. */
  perMinute: number
  seed?: number
}

/** One change of what runs, chosen by chance: a restart, a replacement, or a StatefulSet pod that moves. */
export function churnOnce(model: Model, choose = createRandom(model.seed)): void {
  const pods = model.pods()
  if (pods.length === 0) return
  const pod = choose.pick(pods)
  if (choose.next() < 0.4) {
    model.restartContainer(pod.namespace, pod.name, choose.pick(pod.containers).template.name)
  } else if (pod.workload.kind === 'StatefulSet' && model.nodes().length > 1) {
    model.movePod(pod.namespace, pod.name)
  } else {
    model.deletePod(pod.namespace, pod.name)
    const node = pod.workload.kind === 'DaemonSet' ? { node: pod.node } : {}
    const name = pod.workload.kind === 'StatefulSet' ? { name: pod.name } : {}
    model.createPod({ workload: pod.workload, ...node, ...name })
  }
}

/** Keeps changing what runs until it is stopped. */
export function startChurn(model: Model, options: ChurnOptions): { stop(): void } {
  const choose = createRandom(options.seed ?? model.seed)
  const timer = setInterval(() => churnOnce(model, choose), 60_000 / options.perMinute)
  return { stop: () => clearInterval(timer) }
}
