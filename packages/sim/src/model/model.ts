import { namespaceObject, nodeObject, type ObjectSink, podObject } from '../objects/objects.ts'
import { admitNode, nodeName } from './nodes.ts'
import { type NewPod, placeFor } from './place.ts'
import { admitPod, changePhase, dropPod, restart } from './pods.ts'
import { populate } from './populate.ts'
import { knownRuns, type Questions, questions } from './questions.ts'
import type { Namespace, NodeState, Phase, PodState, Run, Subject } from './types.ts'
import { createWorld, type ModelOptions, type NodeHooks, podKey, type World } from './world.ts'

export type { NewPod } from './place.ts'
export type { Namespace, NodeState, Phase, PodState, Subject } from './types.ts'
export type { ModelOptions, NodeHooks } from './world.ts'

/** A cluster that lives by the clock: what runs where, and what it has used. */
export type Model = Questions & {
  readonly seed: number
  readonly startedMs: number
  /** Whole milliseconds since the epoch. */
  now(): number
  nodes(): NodeState[]
  node(name: string): NodeState
  namespaces(): Namespace[]
  pods(): PodState[]
  pod(namespace: string, name: string): PodState
  /** Every life of the container, or of the pod's containers, of the last 15 minutes at least. */
  runs(subject: Exclude<Subject, { node: string }>): Run[]
  /** Applies every object now, and each later change as it happens. Nodes need their addresses before. */
  publish(sink: ObjectSink): void
  /** Called for every node that comes and goes from now on. */
  onNodes(hooks: NodeHooks): void

  createPod(request?: NewPod): PodState
  deletePod(namespace: string, name: string): void
  /** All containers of the pod unless one is named. */
  restartContainer(namespace: string, pod: string, container?: string): void
  /** Deletes it and creates it again under its name, with a new uid, elsewhere unless a node is named. */
  movePod(namespace: string, name: string, toNode?: string): PodState
  setPhase(namespace: string, name: string, phase: Phase): void
  addNode(name?: string): Promise<NodeState>
  /** With its pods. */
  removeNode(name: string): Promise<void>
  setReady(node: string, ready: boolean): void
}

export function createModel(options: ModelOptions): Model {
  const world = createWorld(options)
  populate(world)
  const pod = (namespace: string, name: string) => known(world.pods.get(podKey(namespace, name)), 'pod', name)
  const node = (name: string) => known(world.nodes.get(name), 'node', name)
  return {
    seed: world.seed,
    startedMs: world.startedMs,
    now: world.now,
    nodes: () => [...world.nodes.values()],
    node,
    namespaces: () => [...world.namespaces.values()],
    pods: () => [...world.pods.values()],
    pod,
    runs: (subject) => knownRuns(world, subject),
    ...questions(world),
    publish: (sink) => publish(world, sink),
    onNodes: (hooks) => void world.hooks.push(hooks),
    createPod: (request = {}) => announced(world, placeFor(world, request)),
    deletePod: (namespace, name) => dropPod(world, pod(namespace, name)),
    restartContainer: (namespace, name, container) => restart(world, pod(namespace, name), container),
    movePod: (namespace, name, to) => movePod(world, pod(namespace, name), to),
    setPhase: (namespace, name, phase) => changePhase(world, pod(namespace, name), phase),
    addNode: (name) => addNode(world, name),
    removeNode: (name) => removeNode(world, node(name)),
    setReady(name, ready) {
      node(name).ready = ready
      world.sink.apply(nodeObject(node(name), world.now()))
    },
  }
}

function known<T>(found: T | undefined, what: string, name: string): T {
  if (found === undefined) throw new Error(`no ${what} ${name}`)
  return found
}

function publish(world: World, sink: ObjectSink): void {
  world.sink = sink
  for (const namespace of world.namespaces.values()) sink.apply(namespaceObject(namespace))
  for (const node of world.nodes.values()) sink.apply(nodeObject(node, world.now()))
  for (const pod of world.pods.values()) announced(world, pod)
}

function announced(world: World, pod: PodState): PodState {
  world.sink.apply(podObject(pod, known(world.nodes.get(pod.node), 'node', pod.node)))
  return pod
}

function movePod(world: World, pod: PodState, to?: string): PodState {
  const others = [...world.nodes.values()].filter((node) => node.name !== pod.node)
  const node = to === undefined ? world.random.pick(others) : known(world.nodes.get(to), 'node', to)
  dropPod(world, pod)
  const nowMs = world.now()
  const { workload, name } = pod
  return announced(world, admitPod(world, { workload, node, name, createdMs: nowMs, startMs: nowMs }))
}

async function addNode(world: World, name?: string): Promise<NodeState> {
  const index = Math.max(-1, ...[...world.nodes.values()].map((node) => node.index)) + 1
  const nowMs = world.now()
  const node = admitNode(world, name ?? nodeName(world, index), index, nowMs)
  for (const hooks of world.hooks) await hooks.added(node)
  world.sink.apply(nodeObject(node, nowMs))
  for (const workload of world.workloads.filter(({ kind }) => kind === 'DaemonSet')) {
    announced(world, admitPod(world, { workload, node, createdMs: nowMs, startMs: nowMs }))
  }
  return node
}

async function removeNode(world: World, node: NodeState): Promise<void> {
  for (const pod of [...node.pods.values()]) dropPod(world, pod)
  world.nodes.delete(node.name)
  world.sink.remove(nodeObject(node, world.now()))
  for (const hooks of world.hooks) await hooks.removed(node)
}
