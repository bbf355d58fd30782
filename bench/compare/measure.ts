import { errorText } from '@metrics-ring/common/errors'
import type { LoopDelay } from '../probe.ts'
import { processUsage } from '../process-usage.ts'
import { percentile, watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import type { Ages } from './ages.ts'
import type { ApiCounts } from './control-plane.ts'
import type { KubeletCounts } from './kubelets.ts'
import { admin, type Shape, shapesOf } from './shapes.ts'
import type { Site } from './site.ts'
import type { ProcessKind, Server, System } from './systems.ts'

/** Of one process while it was watched. */
export type ProcessCost = {
  name: string
  kind: ProcessKind
  /** User and system time, all threads. */
  cpuMs: number
  /** At the end, and the most it ever was. */
  rssBytes: number
  peakRssBytes: number
}

/** Nobody asks; everything scrapes. */
export type Steady = {
  intervals: number
  ms: number
  processes: ProcessCost[]
  /** Of each kubelet process, in the order of the site's samplings. */
  kubelets: KubeletCounts[]
  api: ApiCounts
  /** Of the simulator meanwhile, in nobody's cost. */
  simulator: { cpuMs: number; rssBytes: number }
  /** Share of the machine's CPU time that nobody used. */
  idle: number
}

export type Answered = {
  shape: string
  expected: number
  /** Of the last answer, where it was JSON. */
  items: number | null
  bytes: number
  times: number
  p50Ms: number
  p99Ms: number
  idle: number
  /** Of our server meanwhile. */
  loop: LoopDelay | null
}

/** Points the client at a server. */
export async function aim({ client, files }: Site, { url }: Server): Promise<void> {
  await client.ask({ do: 'target', url, ca: files.ca, cert: files.proxyCert, key: files.proxyKey })
}

/** Resolves to the milliseconds from then to the first list with every pod in it, from the first server. */
export async function untilComplete(
  site: Site,
  system: System,
  sinceMs: number,
  againMs: number,
): Promise<number> {
  const [server] = system.servers()
  if (!server) throw new Error(`${system.name} has no server`)
  await aim(site, server)
  const { pods, dense } = site.places
  const part = { path: `/apis/metrics.k8s.io/v1beta1/namespaces/${dense.namespace}/pods`, pods: dense.pods }
  const first = { do: 'first', pods, withinMs: 240_000, againMs, part } as const
  return (await site.client.ask<number>(first)) - sinceMs
}

export async function measureSteady(
  bench: Bench,
  site: Site,
  system: System,
  intervals: number,
): Promise<Steady> {
  await site.resetCounts()
  const idle = watchIdle()
  const [before, simulatorBefore, fromMs] = [costs(system), site.ownCost(), Date.now()]
  await bench.wait(intervals * site.options.intervalMs, `${system.name}, ${intervals} intervals at rest`)
  const [after, simulator, toMs] = [costs(system), site.ownCost(), Date.now()]
  const idleShare = idle()
  const api = await site.apiCounts()
  // What arrived in the end is answered by then.
  await bench.wait(1_000, 'the last answers')
  return {
    intervals,
    ms: toMs - fromMs,
    processes: after.map((cost) => ({
      ...cost,
      cpuMs: cost.cpuMs - (before.find(({ name }) => name === cost.name)?.cpuMs ?? 0),
    })),
    kubelets: await site.scrapes(fromMs, fromMs + intervals * site.options.intervalMs),
    api,
    simulator: { cpuMs: simulator.cpuMs - simulatorBefore.cpuMs, rssBytes: simulator.rssBytes },
    idle: idleShare,
  }
}

/** Since each process was started. */
export function costs(system: System): ProcessCost[] {
  return system.processes().map(({ name, kind, pid }) => ({ name, kind, ...processUsage(pid) }))
}

/** Of the samples that the first server serves, by kubelet process. Rejects where it lists none of a process. */
export async function measureAges(
  { client, places, options, podsFile }: Site,
  intervals: number,
): Promise<Ages[]> {
  const questions = places.sampled.map((namespace) => ({
    path: `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`,
    ...admin,
  }))
  const everyMs = options.intervalMs / 15
  const forMs = intervals * options.intervalMs
  const found = await client.ask<Ages[]>({ do: 'ages', podsFile, questions, everyMs, forMs })
  if (found.some(({ samples }) => samples === 0))
    throw new Error('no samples were listed, so they have no age')
  return found
}

export async function measureAnswers(
  bench: Bench,
  site: Site,
  system: System,
  times: Times,
): Promise<Answered[]> {
  const results: Answered[] = []
  for (const shape of shapesOf(site.places, times)) {
    try {
      const answered = await measureShape(site, system, shape)
      results.push(answered)
      bench.progress(`${system.name}: ${answeredText(answered)}`)
    } catch (error) {
      bench.progress(`${system.name}: ${shape.name}: ${errorText(error)}`)
    }
  }
  return results
}

function answeredText({ shape, p50Ms, p99Ms, items, expected }: Answered): string {
  const complete = items === null || items === expected ? '' : `, ${items} of ${expected} pods`
  return `${shape}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${complete}`
}

export type Times = { lists: number; selects: number }

async function measureShape({ client }: Site, system: System, shape: Shape): Promise<Answered> {
  const { question, times, pauseMs } = shape
  const probe = system.servers()[0]?.probe
  // Once for the connection, the review of access and the compiler.
  await client.ask({ do: 'ask', question, times: Math.min(times, 20), pauseMs: 0 })
  const idle = watchIdle()
  await probe?.ask({ measure: 'loop', do: 'start' })
  type Asked = { tookMs: number[]; bytes: number; items?: number }
  const asked = await client.ask<Asked>({ do: 'ask', question, times, pauseMs })
  const loop = (await probe?.ask<LoopDelay>({ measure: 'loop', do: 'stop' })) ?? null
  return {
    shape: shape.name,
    expected: shape.items,
    items: asked.items ?? null,
    bytes: asked.bytes,
    times,
    p50Ms: percentile(asked.tookMs, 0.5) ?? Number.NaN,
    p99Ms: percentile(asked.tookMs, 0.99) ?? Number.NaN,
    idle: idle(),
    loop,
  }
}
