import { podObject } from '../objects/objects.ts'
import type { Random } from './random.ts'
import { nodeOf, startContainer, stopContainer, tidy } from './runs.ts'
import { HISTORY_MS, type NodeState, type Phase, type PodState, type Workload } from './types.ts'
import { podKey, type World } from './world.ts'

export type PodRequest = {
  workload: Workload
  node: NodeState
  name?: string
  phase?: Phase
  createdMs: number
  /** Of its containers. */
  startMs: number
}

/** Adds a pod without telling the sink. */
export function admitPod(world: World, request: PodRequest): PodState {
  const { workload, node } = request
  const name = request.name ?? freeName(world, workload)
  const key = podKey(workload.namespace, name)
  if (world.pods.has(key)) throw new Error(`pod ${key} exists`)
  const pod: PodState = {
    namespace: workload.namespace,
    name,
    uid: world.random.uuid(),
    node: node.name,
    workload,
    createdMs: request.createdMs,
    containers: workload.containers.map((template) => ({ template, restarts: 0 })),
    ip: `10.${64 + (node.index >> 8)}.${node.index & 255}.${(node.pods.size % 254) + 1}`,
    phase: request.phase ?? 'Running',
    runs: [],
    folded: 0,
  }
  world.pods.set(key, pod)
  node.pods.set(key, pod)
  node.version++
  if (pod.phase === 'Running')
    for (const state of pod.containers) startContainer(world, pod, state, request.startMs)
  return pod
}

function freeName(world: World, workload: Workload): string {
  for (;;) {
    const name = podName(world.random, workload)
    if (!world.pods.has(podKey(workload.namespace, name))) return name
  }
}

function podName(random: Random, workload: Workload): string {
  if (workload.kind === 'StatefulSet') return `${workload.name}-${workload.replicas++}`
  workload.replicas++
  const suffix = random.letters(5)
  return workload.kind === 'DaemonSet'
    ? `${workload.name}-${suffix}`
    : `${workload.name}-${workload.revision}-${suffix}`
}

/** The counter begins at zero again, with a new start time. All containers unless one is named. */
export function restart(world: World, pod: PodState, container?: string): void {
  const chosen = pod.containers.filter(
    (state) => container === undefined || state.template.name === container,
  )
  if (chosen.length === 0) throw new Error(`no container ${container} in ${pod.namespace}/${pod.name}`)
  for (const state of chosen) {
    stopContainer(world, pod, state)
    state.restarts++
    startContainer(world, pod, state, world.now())
  }
  tidy(world, pod)
  world.sink.apply(podObject(pod, nodeOf(world, pod)))
}

export function changePhase(world: World, pod: PodState, phase: Phase): void {
  pod.phase = phase
  for (const state of pod.containers) {
    if (phase !== 'Running') stopContainer(world, pod, state)
    else if (!state.run) startContainer(world, pod, state, world.now())
  }
  tidy(world, pod)
  world.sink.apply(podObject(pod, nodeOf(world, pod)))
}

/** Ends a pod and tells the sink. Its runs stay known for HISTORY_MS. */
export function dropPod(world: World, pod: PodState): void {
  const node = nodeOf(world, pod)
  const key = podKey(pod.namespace, pod.name)
  const object = podObject(pod, node)
  for (const state of pod.containers) stopContainer(world, pod, state)
  world.pods.delete(key)
  node.pods.delete(key)
  node.version++
  const earlier = world.past.get(key) ?? []
  world.past.delete(key)
  world.past.set(key, [...earlier, ...pod.runs])
  forget(world)
  tidy(world, pod)
  world.sink.remove(object)
}

function forget(world: World): void {
  const oldestMs = world.now() - HISTORY_MS
  for (const [key, runs] of world.past) {
    if (runs.some((run) => run.endMs >= oldestMs)) return
    world.past.delete(key)
  }
}
