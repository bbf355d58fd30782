import { setTimeout as sleep } from 'node:timers/promises'
import type { PodMetrics } from './api-client.ts'
import { type Installation, lacking, wantedPods } from './installation.ts'
import { podFaults } from './truth.ts'

export type Seen = {
  lists: number
  /** Answers that were no list. */
  errors: string[]
  /** The most pods that one list lacked. */
  missing: number
  /** The greatest age of a timestamp when it was asked for, milliseconds. */
  oldestMs: number
  /** What the last list said that the simulated kubelets do not confirm. */
  untrue: string[]
}

/** Lists all pods five times a second through the aggregation layer, until `stop` says what was seen. */
export function watchPods({ cluster, api }: Installation): { stop(): Promise<Seen> } {
  const seen: Seen = { lists: 0, errors: [], missing: 0, oldestMs: 0, untrue: [] }
  const wanted = wantedPods(cluster)
  const abort = new AbortController()
  let last: PodMetrics[] = []

  async function list() {
    const askedMs = Date.now()
    const { status, body } = await api.get('/apis/metrics.k8s.io/v1/pods')
    seen.lists++
    if (status !== 200) return void seen.errors.push(`${status} ${body.slice(0, 200)}`)
    last = (JSON.parse(body) as { items: PodMetrics[] }).items
    const names = new Set(last.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
    seen.missing = Math.max(seen.missing, lacking(wanted, names).length)
    for (const { timestamp } of last) seen.oldestMs = Math.max(seen.oldestMs, askedMs - Date.parse(timestamp))
  }
  const listing = (async () => {
    for (; !abort.signal.aborted; await sleep(200)) {
      await list().catch((error) => void seen.errors.push(String(error)))
    }
  })()
  return {
    async stop() {
      abort.abort()
      await listing
      return { ...seen, untrue: last.flatMap((pod) => podFaults(cluster, pod)) }
    },
  }
}
