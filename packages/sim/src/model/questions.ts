import type { Run, Subject } from './types.ts'
import { cpuOf, memoryOf, nodeCpu, nodeMemory, swapOf } from './usage.ts'
import { podKey, type World } from './world.ts'

/** The truth, to hold served values against. Ended runs are known for 15 minutes. */
export type Questions = {
  /** The exact integral of the load over [fromMs, toMs]; times before its start or after its end count nothing. */
  cpuNanocoreSeconds(subject: Subject, fromMs: number, toMs: number): number
  /** Working set at an instant. */
  memoryBytes(subject: Subject, atMs: number): number
  swapBytes(subject: Subject, atMs: number): number
}

export function questions(world: World): Questions {
  const runs = (subject: Exclude<Subject, { node: string }>) => knownRuns(world, subject)
  return {
    cpuNanocoreSeconds: (subject, fromMs, toMs) =>
      'node' in subject
        ? nodeCpu(nodeNamed(world, subject.node), fromMs, toMs)
        : cpuOf(runs(subject), fromMs, toMs),
    memoryBytes: (subject, atMs) =>
      'node' in subject ? nodeMemory(nodeNamed(world, subject.node), atMs) : memoryOf(runs(subject), atMs),
    swapBytes: (subject, atMs) =>
      swapOf('node' in subject ? nodeNamed(world, subject.node).runs : runs(subject), atMs),
  }
}

function nodeNamed(world: World, name: string) {
  const node = world.nodes.get(name)
  if (!node) throw new Error(`no node ${name}`)
  return node
}

/** Of the pods that bear or bore this name, oldest first. */
export function knownRuns(world: World, subject: Exclude<Subject, { node: string }>): Run[] {
  const key = podKey(subject.namespace, subject.pod)
  const runs = [...(world.past.get(key) ?? []), ...(world.pods.get(key)?.runs ?? [])]
  const { container } = subject
  return container === undefined ? runs : runs.filter((run) => run.container === container)
}
