import type { Model, NodeState, PodState, Subject } from '../model/model.ts'
import type { Run } from '../model/types.ts'
import { looks, type SamplingClock, type Schedule, scheduleFor } from './sampling.ts'

const IDLE_NANOCORES = 1e6

function idle(run: Run): boolean {
  return run.cpu.base + run.cpu.amplitude < IDLE_NANOCORES
}

export function runSchedule(run: Run, clock: SamplingClock): Schedule {
  return scheduleFor(run.seed, run.startMs, idle(run), clock)
}

export function podSchedule(pod: PodState, clock: SamplingClock): Schedule {
  const seed = Number.parseInt(pod.uid.slice(0, 8), 16)
  return scheduleFor(seed, pod.createdMs, pod.runs.every(idle), clock)
}

export function nodeSchedule(node: NodeState, clock: SamplingClock): Schedule {
  return scheduleFor(node.seed, node.bootMs, false, clock)
}

/** Every instant within [fromMs, toMs] at which a `cadvisor` kubelet looked at the subject, in order. */
export function looksAt(
  model: Model,
  clock: SamplingClock,
  subject: Subject,
  fromMs: number,
  toMs: number,
): number[] {
  if ('node' in subject) return looks(nodeSchedule(model.node(subject.node), clock), fromMs, toMs)
  if (subject.container === undefined) {
    return looks(podSchedule(model.pod(subject.namespace, subject.pod), clock), fromMs, toMs)
  }
  return model
    .runs(subject)
    .flatMap((run) =>
      looks(runSchedule(run, clock), Math.max(fromMs, run.startMs), Math.min(toMs, run.endMs)),
    )
}
