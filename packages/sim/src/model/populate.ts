import { admitNode, admitOldPod, nodeName, pastMs } from './nodes.ts'
import { addNamespace } from './place.ts'
import { planWorkloads } from './plan.ts'
import type { NodeState } from './types.ts'
import { budgetOf, type World } from './world.ts'

/** Exactly `podsPerNode` pods on each node: those of up to two DaemonSets, and the others dealt out in turn. */
export function populate(world: World): void {
  const { random, options } = world
  const daemonSets = Math.min(2, options.podsPerNode)
  const plan = planWorkloads(random, {
    pods: options.nodes * (options.podsPerNode - daemonSets),
    daemonSets,
    namespaces: options.namespaces,
    containersPerPod: options.containersPerPod,
    idleFraction: options.idleFraction,
    budget: budgetOf(options),
    nowMs: world.startedMs,
  })
  for (const name of plan.namespaces) addNamespace(world, name, world.startedMs - 300 * 86_400_000)
  for (let at = 0; at < options.nodes; at++) admitNode(world, nodeName(world, at), at, pastMs(world))
  const nodes = [...world.nodes.values()]
  world.workloads.push(...plan.daemonSets, ...plan.replicas.keys())
  for (const workload of plan.daemonSets) for (const node of nodes) admitOldPod(world, workload, node)
  const wanted = [...plan.replicas].flatMap(([workload, count]) => new Array(count).fill(workload))
  random.shuffle(wanted).forEach((workload, at) => {
    admitOldPod(world, workload, nodes[at % nodes.length] as NodeState)
  })
}
