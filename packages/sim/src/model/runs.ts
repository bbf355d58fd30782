import type { Curve } from './curve.ts'
import { createRandom, mix } from './random.ts'
import type { ContainerState, ContainerTemplate, NodeState, PodState, Run } from './types.ts'
import { fold } from './usage.ts'
import type { World } from './world.ts'

export function nodeOf(world: World, pod: PodState): NodeState {
  const node = world.nodes.get(pod.node)
  if (!node) throw new Error(`no node ${pod.node}`)
  return node
}

export function startContainer(world: World, pod: PodState, state: ContainerState, startMs: number): void {
  const node = nodeOf(world, pod)
  const run = beginRun(
    pod,
    state.template,
    mix(world.random.whole(0, 2 ** 31), state.restarts),
    startMs,
    node.swapEnabled,
  )
  state.run = run
  pod.runs.push(run)
  node.runs.push(run)
  node.version++
}

/** Containers of one workload differ by up to a fifth and by where in the wave they are. */
function beginRun(
  pod: PodState,
  template: ContainerTemplate,
  seed: number,
  startMs: number,
  swap: boolean,
): Run {
  const random = createRandom(seed)
  const factor = random.between(0.8, 1.2)
  const own = (curve: Curve): Curve => ({
    base: Math.round(curve.base * factor),
    amplitude: Math.floor(curve.amplitude * factor),
    periodMs: curve.periodMs,
    offsetMs: curve.offsetMs + random.whole(0, curve.periodMs / 4),
  })
  return {
    namespace: pod.namespace,
    pod: pod.name,
    container: template.name,
    seed,
    cpu: own(template.cpu),
    memory: own(template.memory),
    ...(swap ? { swap: own(template.swap) } : {}),
    startMs,
    endMs: Number.POSITIVE_INFINITY,
  }
}

export function stopContainer(world: World, pod: PodState, state: ContainerState): void {
  if (!state.run) return
  state.run.endMs = Math.max(world.now(), state.run.startMs)
  delete state.run
  nodeOf(world, pod).version++
}

export function tidy(world: World, pod: PodState): void {
  fold(pod, world.now())
  fold(nodeOf(world, pod), world.now())
}
