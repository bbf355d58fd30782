import { wave } from './plan.ts'
import { admitPod } from './pods.ts'
import type { NodeState, PodState, Workload } from './types.ts'
import type { World } from './world.ts'

const HOUR_MS = 3_600_000
const GIBIBYTE = 2 ** 30

/** Adds a node, with the pods of every DaemonSet, without telling the sink. */
export function admitNode(world: World, name: string, index: number, createdMs: number): NodeState {
  const { random, options } = world
  if (world.nodes.has(name)) throw new Error(`node ${name} exists`)
  const large = random.next() < 0.3
  const node: NodeState = {
    name,
    uid: random.uuid(),
    index,
    createdMs,
    bootMs: createdMs - random.whole(30_000, 90_000),
    seed: random.whole(0, 2 ** 31),
    cores: large ? 16 : 8,
    memoryBytes: (large ? 64 : 32) * GIBIBYTE,
    swapEnabled: random.next() < options.swapFraction,
    overhead: {
      cpu: wave(random, random.between(80e6, 250e6), 0.4),
      memory: wave(random, random.between(0.6, 1.4) * GIBIBYTE, 0.1),
    },
    pods: new Map(),
    ready: true,
    address: '',
    port: 0,
    version: 0,
    runs: [],
    folded: 0,
  }
  world.nodes.set(name, node)
  return node
}

export function nodeName(world: World, index: number): string {
  return `${world.options.namePrefix}${String(index).padStart(4, '0')}`
}

/** Created up to three days before the model starts. */
export function pastMs(world: World): number {
  return world.startedMs - world.random.whole(HOUR_MS, 72 * HOUR_MS)
}

/** A pod that was there before the model started. */
export function admitOldPod(world: World, workload: Workload, node: NodeState): PodState {
  const createdMs = Math.max(pastMs(world), node.createdMs)
  return admitPod(world, { workload, node, createdMs, startMs: createdMs + world.random.whole(800, 9_000) })
}
