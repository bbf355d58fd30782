import { namespaceObject } from '../objects/objects.ts'
import { workload as planWorkload } from './plan.ts'
import { admitPod } from './pods.ts'
import type { ContainerTemplate, Phase, PodState, Workload } from './types.ts'
import { budgetOf, type World } from './world.ts'

/** What is not said is chosen by chance. */
export type NewPod = {
  /** Made if it is not there. */
  namespace?: string
  name?: string
  node?: string
  workload?: Workload
  /** Of a workload made for this pod. */
  kind?: Workload['kind']
  /** Of a workload made for this pod; what is absent of a container is chosen by chance. */
  containers?: Partial<ContainerTemplate>[]
  phase?: Phase
}

export function placeFor(world: World, request: NewPod): PodState {
  const workload = request.workload ?? workloadFor(world, request)
  const nodes = [...world.nodes.values()]
  const node = request.node === undefined ? world.random.pick(nodes) : world.nodes.get(request.node)
  if (!node) throw new Error(`no node ${request.node}`)
  const nowMs = world.now()
  return admitPod(world, {
    workload,
    node,
    createdMs: nowMs,
    startMs: nowMs,
    ...(request.name === undefined ? {} : { name: request.name }),
    ...(request.phase === undefined ? {} : { phase: request.phase }),
  })
}

function workloadFor(world: World, request: NewPod): Workload {
  const { namespace, kind, containers } = request
  if (namespace === undefined && kind === undefined && containers === undefined) {
    const deployments = world.workloads.filter((workload) => workload.kind === 'Deployment')
    if (deployments.length > 0) return world.random.pick(deployments)
  }
  return newWorkload(world, request)
}

function newWorkload(world: World, request: NewPod): Workload {
  const { random, options } = world
  const { namespace = 'default', kind = 'Deployment', containers } = request
  addNamespace(world, namespace, world.now())
  const made = planWorkload(
    random,
    {
      containersPerPod: containers ? [containers.length, containers.length] : options.containersPerPod,
      idleFraction: options.idleFraction,
      budget: budgetOf(options),
      nowMs: world.now(),
    },
    { kind, namespace, name: `extra-${random.letters(5)}` },
  )
  made.containers = made.containers.map((template, at) => ({ ...template, ...containers?.[at] }))
  world.workloads.push(made)
  return made
}

export function addNamespace(world: World, name: string, createdMs: number): void {
  if (world.namespaces.has(name)) return
  const namespace = { name, uid: world.random.uuid(), createdMs }
  world.namespaces.set(name, namespace)
  world.sink.apply(namespaceObject(namespace))
}
