import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { watchIdle } from '../rows.ts'
import { countScrapes, type NodeScrapes, perNode, type ScrapeCount, sum } from './count.ts'
import type { Fault } from './faults.ts'
import type { NewPod } from './pods.ts'
import type { Site } from './site.ts'
import { type RingView, rings } from './wait.ts'
import type { Listed } from './watcher.ts'

/** Everything that was seen of one fault. */
export type Measured = {
  scrapes: ScrapeCount
  /** Scrapes per node in the interval after the fault, or after it was added where nodes were. */
  stampede: number
  recordAgeMs: number
  drainMs: number | undefined
  /** Members thrown out of the ring by the shards that still run. */
  evictions: number
  listed: Listed
  newPods: NewPodTimes
  /** Nodes retained or adopted when it should be calm. */
  covered: number
  /** Nodes that were not scraped exactly once in the interval after that. */
  uneven: number
  idle: number
}

/** Until the first list that has a new pod, the slowest, or until now where it never came. Milliseconds. */
export type NewPodTimes = {
  sinceStartMs: number
  /** Since its kubelet had samples that say what it uses. */
  sinceUsableMs: number
}

/** So many pods are created at a time, once an interval. */
const podsAtOnce = 5

/** Inflicts the fault, waits until it must be calm (D + 2W after it), and counts. */
export async function measure(site: Site, fault: Fault): Promise<Measured> {
  const { lister, pods, ages, options } = site
  const { intervalMs } = options
  const idle = watchIdle()
  const evictions = evictionsSoFar(site)
  await pods.expectAll()
  await lister.ask({ do: 'start' })
  ages.reset()
  const fromMs = Date.now()
  const creating = fault.apiIsAway ? undefined : createPods(site)
  const result = await fault.inflict(site)
  const overMs = Date.now()
  if (creating) creating.stop()
  else await pods.create(podsAtOnce)
  site.bench.progress(`${fault.title}: over after ${seconds(overMs - fromMs)} s; waiting for calm`)
  // D is 4/3 W.
  await sleep((4 / 3 + 2) * intervalMs)
  const toMs = Date.now()
  const listed = await lister.ask<Listed>({ do: 'stop' })
  const ring = await rings(site)
  const nodes = scrapesOf(site, fromMs)
  const measured = {
    scrapes: countScrapes(nodes, { fromMs, toMs, intervalMs }),
    stampede: stampede(nodes, fromMs, overMs, intervalMs),
    recordAgeMs: ages.greatest().ageMs,
    drainMs: typeof result === 'number' ? result : undefined,
    evictions: evictionsSoFar(site) - evictions,
    listed,
    newPods: newPodTimes(pods.created(), listed, toMs),
    covered: sum(ring.map(({ retained, adopted }: RingView) => retained + adopted)),
    idle: idle(),
  }
  await pods.clear()
  return { ...measured, uneven: await unevenNodes(site, toMs) }
}

function createPods({ pods, options }: Site) {
  const create = () => void pods.create(podsAtOnce)
  create()
  const timer = setInterval(create, options.intervalMs)
  return { stop: () => clearInterval(timer) }
}

function scrapesOf({ cluster, options }: Site, fromMs: number): NodeScrapes[] {
  const { model, kubelets } = cluster
  const sinceMs = fromMs - 2 * options.intervalMs
  return model.nodes().map(({ name, createdMs }) => ({
    atMs: kubelets.scrapes(name).filter((at) => at >= sinceMs),
    sinceMs: createdMs,
  }))
}

function stampede(nodes: readonly NodeScrapes[], fromMs: number, overMs: number, intervalMs: number): number {
  const added = nodes.filter(({ sinceMs }) => sinceMs >= fromMs)
  const counts =
    added.length > 0
      ? added.flatMap((node) => perNode([node], node.sinceMs, node.sinceMs + intervalMs))
      : perNode(nodes, overMs, overMs + intervalMs)
  return sum(counts) / counts.length
}

/** Looks for one scrape of each node about one interval after its last before `sinceMs`. */
async function unevenNodes(site: Site, sinceMs: number): Promise<number> {
  const { intervalMs } = site.options
  await sleep(Math.max(0, sinceMs + 1.6 * intervalMs - Date.now()))
  return scrapesOf(site, sinceMs).filter((node) => {
    const lastMs = node.atMs.findLast((at) => at < sinceMs)
    if (lastMs === undefined) return true
    return perNode([node], lastMs + intervalMs / 2, lastMs + 1.5 * intervalMs)[0] !== 1
  }).length
}

function newPodTimes(created: readonly NewPod[], { firstSeen }: Listed, toMs: number): NewPodTimes {
  const seen = new Map(firstSeen)
  const times = created.map(({ key, startedMs, usableMs = startedMs }) => {
    const atMs = seen.get(key) ?? toMs
    return { sinceStartMs: atMs - startedMs, sinceUsableMs: atMs - usableMs }
  })
  return {
    sinceStartMs: Math.max(0, ...times.map(({ sinceStartMs }) => sinceStartMs)),
    sinceUsableMs: Math.max(0, ...times.map(({ sinceUsableMs }) => sinceUsableMs)),
  }
}

function evictionsSoFar({ deployment }: Site): number {
  const texts = deployment.shards().map(({ logFile }) => readFileSync(logFile, 'utf8'))
  return sum(texts.map((text) => text.split('ring: expired').length - 1))
}

export function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
