import type { ObjectSink } from '../objects/objects.ts'
import { createRandom, type Random } from './random.ts'
import type { Namespace, NodeState, PodState, Run, Workload } from './types.ts'

export type ModelOptions = {
  /** Random by default; `Model.seed` says which. */
  seed?: number
  nodes: number
  podsPerNode?: number
  containersPerPod?: [fewest: number, most: number]
  namespaces?: number
  /** Share of workloads that use next to no CPU, in [0, 1]. */
  idleFraction?: number
  /** Share of nodes with swap, in [0, 1]. */
  swapFraction?: number
  namePrefix?: string
  /** Milliseconds since the epoch. */
  now?: () => number
}

export type NodeHooks = {
  /** The node is announced when this is done. */
  added(node: NodeState): Promise<void>
  removed(node: NodeState): Promise<void>
}

/** All that the model knows; the functions of `model-*.ts` change it. */
export type World = {
  readonly seed: number
  readonly options: Required<ModelOptions>
  readonly random: Random
  /** Whole milliseconds since the epoch. */
  readonly now: () => number
  readonly startedMs: number
  readonly nodes: Map<string, NodeState>
  readonly namespaces: Map<string, Namespace>
  /** By namespace/name. */
  readonly pods: Map<string, PodState>
  readonly workloads: Workload[]
  /** Runs of deleted pods by namespace/name, oldest deletion first. */
  readonly past: Map<string, Run[]>
  readonly hooks: NodeHooks[]
  /** Where objects go; nowhere until the model is published. */
  sink: ObjectSink
}

export function createWorld(given: ModelOptions): World {
  const seed = given.seed ?? Math.floor(Math.random() * 0x1_0000_0000)
  const clock = given.now ?? Date.now
  const now = () => Math.floor(clock())
  const options = {
    seed,
    podsPerNode: 30,
    containersPerPod: [1, 2] as [number, number],
    namespaces: 8,
    idleFraction: 0.3,
    swapFraction: 0.25,
    namePrefix: 'node-',
    now,
    ...given,
  }
  return {
    seed,
    options,
    random: createRandom(seed),
    now,
    startedMs: now(),
    nodes: new Map(),
    namespaces: new Map(),
    pods: new Map(),
    workloads: [],
    past: new Map(),
    hooks: [],
    sink: { apply: () => undefined, remove: () => undefined },
  }
}

export function podKey(namespace: string, name: string): string {
  return `${namespace}/${name}`
}

/** What an average container may use, so that nodes are half full. */
export function budgetOf(options: World['options']): { nanocores: number; bytes: number } {
  const [fewest, most] = options.containersPerPod
  const containers = Math.max(1, (options.podsPerNode * (fewest + most)) / 2)
  return { nanocores: 4e9 / containers, bytes: (16 * 2 ** 30) / containers }
}
