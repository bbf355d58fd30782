import { processUsage } from '../process-usage.ts'
import { watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import { admin } from '../users.ts'
import type { Ages } from './ages.ts'
import type { ApiCounts } from './control-plane.ts'
import type { KubeletCounts } from './kubelets.ts'
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

/** Points the client at a server. */
export async function aim({ client, files }: Site, { url }: Server): Promise<void> {
  await client.ask({ do: 'target', url, ca: files.ca, cert: files.proxyCert, key: files.proxyKey })
}

async function aimAtFirst(site: Site, { name, servers }: System): Promise<void> {
  const [server] = servers()
  if (!server) throw new Error(`${name} has no server`)
  await aim(site, server)
}

/** Resolves to the milliseconds from then until the first server, one of ours, has the metadata of all nodes and pods. */
export async function untilSynced(
  site: Site,
  system: System,
  sinceMs: number,
  everyMs: number,
): Promise<number> {
  await aimAtFirst(site, system)
  return (await site.client.ask<number>({ do: 'synced', everyMs })) - sinceMs
}

/** Resolves to the milliseconds from then to the first list with every pod in it, from the first server. */
export async function untilComplete(
  site: Site,
  system: System,
  sinceMs: number,
  againMs: number,
): Promise<number> {
  await aimAtFirst(site, system)
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
