import { setTimeout as sleep } from 'node:timers/promises'
import { connectApi, namesOf, type PodMetrics } from './api-client.ts'
import { type Installation, intervalMs, lacking, wantedPods } from './installation.ts'

const podsPath = '/apis/metrics.k8s.io/v1/pods'

export type Watched = {
  lists: number
  /** A sentence for each list that was an error or lacked a pod. */
  faults: string[]
  slowestMs: number
}

/** Lists all pods ten times a second through the aggregation layer, until `stop` says what was seen. */
export function listPods({ cluster, api }: Installation): { stop(): Promise<Watched> } {
  const seen: Watched = { lists: 0, faults: [], slowestMs: 0 }
  const wanted = wantedPods(cluster)
  const asking = new Set<Promise<void>>()
  const list = async () => {
    const startedMs = Date.now()
    const fault = await api.get(podsPath).then(
      ({ status, body }) =>
        status === 200 ? missing(wanted, body) : `status ${status}: ${body.slice(0, 200)}`,
      (error: unknown) => String(error),
    )
    seen.lists++
    seen.slowestMs = Math.max(seen.slowestMs, Date.now() - startedMs)
    if (fault) seen.faults.push(`list ${seen.lists}: ${fault}`)
  }
  const timer = setInterval(() => {
    const asked = list().finally(() => asking.delete(asked))
    asking.add(asked)
  }, 100)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(asking)
      return seen
    },
  }
}

function missing(wanted: readonly string[], body: string): string | undefined {
  const names = lacking(wanted, namesOf(body))
  return names.length === 0 ? undefined : `${names.length} pods are missing, ${names[0]} among them`
}

/** Nodes without a scrape in the intervals after `sinceMs`; waits until they are over, or none is left. */
export async function unscraped({ cluster }: Installation, sinceMs: number, intervals: number) {
  const { model, kubelets } = cluster
  const left = () =>
    model.nodes().filter(({ name }) => !kubelets.scrapes(name).some((atMs) => atMs > sinceMs))
  const endMs = sinceMs + intervals * intervalMs
  while (left().length > 0 && Date.now() < endMs) await sleep(50)
  return { nodes: left().map(({ name }) => name), tookMs: Date.now() - sinceMs }
}

/** The longest time without a scrape that any node went through since then. */
export function longestGapMs({ cluster }: Installation, sinceMs: number): number {
  const gaps = cluster.model.nodes().flatMap(({ name }) => {
    const times = [...cluster.kubelets.scrapes(name).filter((atMs) => atMs >= sinceMs), Date.now()]
    return times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs))
  })
  return Math.max(0, ...gaps)
}

/** Asks for the pod until it is served; what was served meanwhile, each different answer once. */
export async function followPod({ api }: Installation, namespace: string, name: string, forMs: number) {
  const answers = new Map<string, PodMetrics>()
  const endMs = Date.now() + forMs
  while (Date.now() < endMs) {
    const { status, body } = await api.get(`/apis/metrics.k8s.io/v1/namespaces/${namespace}/pods/${name}`)
    if (status === 200) answers.set(body, JSON.parse(body) as PodMetrics)
    else if (status !== 404) throw new Error(`status ${status}: ${body}`)
    await sleep(50)
  }
  return [...answers.values()]
}

/** Kills a frontend, starts it again, and asks it until it lists every pod. Milliseconds from the process' start. */
export async function restartFrontend(installation: Installation, withinMs = 30_000) {
  const { cluster, deployment } = installation
  const victim = deployment.frontends()[0]
  if (!victim) throw new Error('there is no frontend')
  const wanted = wantedPods(cluster)
  victim.signal('SIGKILL')
  await victim.exited
  const startedMs = Date.now()
  const frontend = deployment.restartFrontend(victim)
  let answeredMs: number | undefined
  for (let why = ''; Date.now() < startedMs + withinMs; await sleep(50)) {
    why = await firstList(installation, frontend.port, wanted)
    const tookMs = Date.now() - startedMs
    if (why !== 'refused') answeredMs ??= tookMs
    if (why === '') return { answeredMs, completeMs: tookMs, pods: wanted.length }
  }
  throw new Error(`not complete after ${withinMs} ms`)
}

/** Why the frontend's own list is not complete; empty: it is. */
async function firstList({ cluster }: Installation, port: number, wanted: string[]): Promise<string> {
  const direct = await connectApi(cluster, `https://127.0.0.1:${port}`)
  try {
    const { status, body } = await direct.get(podsPath)
    return status === 200 ? (missing(wanted, body) ?? '') : `status ${status}`
  } catch {
    return 'refused'
  } finally {
    direct.close()
  }
}
