import type { Fetched } from '../../src/scrape.ts'
import { exchange, type Process, type Weather } from './process.ts'
import type { Random } from './random.ts'
import { epochMs } from './redis.ts'
import type { Scheduler } from './scheduler.ts'

/** A kubelet: when it samples, what its clock says, how it answers. */
export type Kubelet = {
  node: string
  /** `cadvisor`: sampled at own intervals of 10-20 s, stamped then; `cri`: at the request. */
  model: 'cadvisor' | 'cri'
  clockMs: number
  tookMs: number
  fault?: 'refused' | 'silent' | undefined
}

export type KubeletWitness = {
  /** A request has arrived; `ok`: it will be answered. */
  scraped(node: string, by: string, sentMs: number, ok: boolean): void
}

/** Most that a shard waits for a kubelet, milliseconds. */
const timeoutMs = 10_000

export function createKubelets(scheduler: Scheduler, random: Random, witness: KubeletWitness) {
  const kubelets = new Map<string, Kubelet & { series: Series[] }>()

  function answer({ model, clockMs, series }: Kubelet & { series: Series[] }): Fetched {
    const nowMs = scheduler.now()
    const [node = [0, 0], app = [0, 0]] = series.map((each) => each(model, nowMs))
    const stamp = (ms: number) => Math.round(epochMs + ms + clockMs)
    const of = '{container="app",namespace="ns",pod="p"}'
    const text = [
      `node_cpu_usage_seconds_total ${node[1]} ${stamp(node[0])}`,
      `node_memory_working_set_bytes 1024 ${stamp(node[0])}`,
      `container_cpu_usage_seconds_total${of} ${app[1]} ${stamp(app[0])}`,
      `container_memory_working_set_bytes${of} 1024 ${stamp(app[0])}`,
    ].join('\n')
    return { ok: true, body: Buffer.from(`${text}\n`) }
  }
  return {
    all: kubelets as ReadonlyMap<string, Kubelet>,
    add(kubelet: Kubelet) {
      kubelets.set(kubelet.node, { ...kubelet, series: [createSeries(random), createSeries(random)] })
    },
    remove: (node: string) => void kubelets.delete(node),
    /** As one process reaches it; never rejects. */
    async scrape(node: string, by: string, process: Process, weather: Weather): Promise<Fetched> {
      const kubelet = kubelets.get(node)
      const sentMs = scheduler.now()
      const fault = weather.fault ?? (kubelet ? kubelet.fault : 'refused')
      witness.scraped(node, by, sentMs, fault === undefined)
      const latencyMs = fault === undefined && kubelet ? kubelet.tookMs / 2 : weather.latencyMs
      try {
        return await exchange(scheduler, process, { latencyMs, fault }, timeoutMs, () =>
          kubelet ? answer(kubelet) : { ok: false, reason: 'refused', detail: '' },
        )
      } catch (error) {
        return { ok: false, reason: fault === 'refused' ? 'refused' : 'timeout', detail: String(error) }
      }
    },
  }
}

/** When it was sampled last, and its counter then: cores of one half. */
type Series = (model: Kubelet['model'], nowMs: number) => [atMs: number, cpuSeconds: number]

function createSeries(random: Random): Series {
  let atMs = -random.int(0, 10_000)
  let nextMs = atMs + random.int(10_000, 20_000)
  return (model, nowMs) => {
    while (nextMs <= nowMs) {
      atMs = nextMs
      nextMs += random.int(10_000, 20_000)
    }
    const ms = model === 'cri' ? nowMs : atMs
    return [ms, 1000 + ms / 2000]
  }
}
