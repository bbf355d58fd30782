import { errorText } from '@metrics-ring/common/errors'
import { processUsage } from '../process-usage.ts'
import { watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import type { Ages } from './ages.ts'
import { type Answered, measureAnswers, type Times } from './answers.ts'
import {
  costs,
  measureAges,
  measureSteady,
  type ProcessCost,
  type Steady,
  untilComplete,
  untilSynced,
} from './measure.ts'
import type { Site } from './site.ts'
import { type ProcessKind, type System, type SystemPlan, startSystem, untilUp } from './systems.ts'

/** What is measured of one system; what is absent is left out. */
export type Phases = {
  /** Intervals in which nobody looks: compilers and heaps take some to get used to the work, the more the less there is of it. */
  settling: number
  /** Intervals at rest. */
  intervals: number
  ages?: boolean
  answers?: Times
  /** How long to wait for idle CPU before latencies are measured, milliseconds. */
  patienceMs?: number
  /** How often the first server is restarted. */
  restarts?: number
  /** Share of kubelets that hang, once clients have asked. */
  hanging?: number
}

/** Everything that was measured of one system. */
export type SystemResult = {
  name: string
  kind: SystemPlan['kind']
  /** Shards, or replicas that do everything. */
  replicas: number
  /** From the coming of the last node to the first list with every pod, milliseconds. */
  completeMs: number
  steady: Steady
  /** Of each kubelet process. */
  ages?: { healthy: Ages[]; hanging?: Ages[] }
  answers?: Answered[]
  /** RSS when all has been asked. */
  atEnd: ProcessCost[]
  /** From the start of a server's process to its first list with every pod, and to all metadata; the quickest first. */
  restarts?: { completeMs: number; metadataMs?: number }[]
  /** Share of the machine's CPU time that nobody used during all of them. */
  restartIdle?: number
}

/** Starts a system, measures it and ends it. */
export async function runSystem(
  bench: Bench,
  site: Site,
  plan: SystemPlan,
  phases: Phases,
): Promise<SystemResult> {
  bench.progress(`--- ${plan.name}`)
  const { system, completeMs } = await startComplete(bench, site, plan)
  try {
    await bench.wait(phases.settling * site.options.intervalMs, `${plan.name} settles`)
    const steady = await measureSteady(bench, site, system, phases.intervals)
    return {
      name: plan.name,
      kind: plan.kind,
      replicas: plan.kind === 'sharded' ? plan.shards : plan.kind === 'standalone' ? 1 : plan.replicas,
      completeMs,
      steady,
      ...(await measureMore(bench, site, system, phases)),
    }
  } finally {
    await system.stop()
  }
}

/** Starts a system without a node, lets the nodes come, and resolves when its first server lists every pod. */
export async function startComplete(
  bench: Bench,
  site: Site,
  plan: SystemPlan,
): Promise<{ system: System; completeMs: number }> {
  await site.resetCounts()
  await site.hideNodes()
  const system = await startSystem(bench, site, plan)
  try {
    await alive(system, untilUp(system))
    await site.showNodes()
    const completeMs = await alive(system, untilComplete(site, system, Date.now(), lookEveryMs))
    bench.progress(`${plan.name}: complete ${(completeMs / 1000).toFixed(1)} s after the last node has come`)
    return { system, completeMs }
  } catch (error) {
    await system.stop()
    throw error
  }
}

/** A phase that fails costs its own numbers only. */
async function measureMore(bench: Bench, site: Site, system: System, phases: Phases) {
  const { patienceMs = 0, answers: times, hanging: share, restarts } = phases
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      bench.progress(`${system.name}: ${errorText(error)}`)
      return undefined
    }
  }
  const healthy = phases.ages ? await attempt(() => measureAges(site, 2)) : undefined
  if (healthy) bench.progress(`${system.name}: ages ${agesText(healthy)}`)
  if (times) await untilQuiet(bench, patienceMs)
  const answers = times && (await attempt(() => measureAnswers(bench, site, system, times)))
  const atEnd = costs(system)
  const hanging =
    share === undefined ? undefined : await attempt(() => agesWhileHanging(bench, site, system, share))
  await site.hang(0)
  // Last: what a server needs for its start may be more than the machine has beside everything else.
  const restarted = restarts
    ? await attempt(() => restart(bench, site, system, { times: restarts, patienceMs }))
    : undefined
  return {
    atEnd,
    ...(healthy && { ages: { healthy, ...(hanging && { hanging }) } }),
    ...(answers && { answers }),
    ...restarted,
  }
}

/** Resolves when a third of the machine has been idle for five seconds, or patience has ended. */
async function untilQuiet(bench: Bench, patienceMs: number): Promise<void> {
  const lookMs = 5_000
  for (const endMs = Date.now() + patienceMs; Date.now() < endMs; ) {
    const idle = watchIdle()
    await bench.wait(lookMs, 'for idle CPU')
    if (idle() >= 1 / 3) return
  }
}

/**
 * Once the last good samples of those that hang are served no more: metrics-ring's expire, metrics-server has none of a
 * node whose last scrape failed.
 */
async function agesWhileHanging(bench: Bench, site: Site, system: System, share: number): Promise<Ages[]> {
  const { intervalMs } = site.options
  await site.hang(share)
  const keeps = system.processes().some(({ kind }) => kind !== 'metrics-server')
  await bench.wait(
    (keeps ? Math.max(60_000, 4 * intervalMs) : intervalMs) + 1.5 * intervalMs,
    `${system.name}, ${100 * share} % of kubelets hang`,
  )
  const ages = await measureAges(site, 2)
  bench.progress(`${system.name}: ages while some hang ${agesText(ages)}`)
  return ages
}

/** metrics-server answers with what it has, and takes a while for it. */
const lookEveryMs = 2_000
/** More often, and answering that it is not ready would take time from one of ours that starts. */
const lookAtStartEveryMs = 100

/** Each once every pod is served and the machine is quiet again; idle CPU is that of the starts alone. */
async function restart(
  bench: Bench,
  site: Site,
  system: System,
  { times, patienceMs }: { times: number; patienceMs: number },
) {
  const took: { completeMs: number; metadataMs?: number }[] = []
  let idleMs = 0
  for (let n = 0; n < times; n++) {
    // What had hung takes intervals to have a usage again.
    await alive(system, untilComplete(site, system, Date.now(), lookEveryMs))
    await untilQuiet(bench, patienceMs)
    const idle = watchIdle()
    const startedMs = await system.restartServer()
    // Only our own servers say when they have the metadata of all nodes and pods.
    const isOurs = system.servers()[0]?.probe !== undefined
    const everyMs = isOurs ? lookAtStartEveryMs : lookEveryMs
    // One after the other: each answer that it is not ready takes time from the start.
    const metadataMs = isOurs ? await alive(system, untilSynced(site, system, startedMs, everyMs)) : undefined
    const completeMs = await alive(system, untilComplete(site, system, startedMs, everyMs))
    took.push({ completeMs, ...(metadataMs !== undefined && { metadataMs }) })
    const idleShare = idle()
    idleMs += idleShare * completeMs
    bench.progress(
      `${system.name}: complete ${(completeMs / 1000).toFixed(1)} s after its restart, ${Math.round(100 * idleShare)} % idle`,
    )
  }
  const ms = took.reduce((sum, { completeMs }) => sum + completeMs, 0)
  return { restarts: took.toSorted((a, b) => a.completeMs - b.completeMs), restartIdle: idleMs / ms }
}

/** Rejects as soon as one of the system's processes has ended. */
async function alive<T>(system: System, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const death = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      for (const { name, pid } of system.processes()) {
        try {
          processUsage(pid)
        } catch {
          reject(new Error(`${name} has ended: ${system.lastWords(name)}`))
        }
      }
    }, 500)
  })
  try {
    return await Promise.race([work, death])
  } finally {
    clearInterval(timer)
  }
}

function agesText(ages: readonly Ages[]): string {
  return ages
    .map(({ meanMs, p99Ms }) => `mean ${(meanMs / 1000).toFixed(2)} s, p99 ${(p99Ms / 1000).toFixed(2)} s`)
    .join('; ')
}

/** Summed over the processes of these kinds. */
export function cpuMsOf({ processes }: Pick<Steady, 'processes'>, ...kinds: readonly ProcessKind[]): number {
  return processes.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { cpuMs }) => sum + cpuMs, 0)
}

export function rssOf(processes: readonly ProcessCost[], ...kinds: ProcessKind[]): number {
  return processes.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { rssBytes }) => sum + rssBytes, 0)
}
