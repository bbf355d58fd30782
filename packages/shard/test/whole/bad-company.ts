import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { place } from '@metrics-ring/common/record/record'
import { type OnRealKubelets, type RealOptions, startOnRealKubelets } from './real-kubelets.ts'

export type BadCompanyOptions = RealOptions & { intervals: number }

/** What became of a shard of which every twentieth kubelet hangs, and another twentieth is slow. Milliseconds. */
export type BadCompany = {
  /** 99th percentile of the ages of the sound nodes' samples: while all are well, and with hanging ones. */
  p99Ms: { before: number; after: number }
  inFlight: { mean: number; p99: number; peak: number }
  /** Between two scrapes of one node: the least and the most, of those that are slow and of all others. */
  gapsMs: Record<'slow' | 'hanging' | 'sound', { least: number; most: number; count: number }>
  /** Answers that the slow kubelets gave to the end, of so many asked for. */
  slowAnswers: { whole: number; asked: number }
  /** The longest that this process, which plays shard and kubelets, was held up by itself or by other work. */
  longestStallMs: number
  /** From a new Node's announcement to its first scrape; of several, the longest. */
  newNodeMs: number
}

export async function keepBadCompany(options: BadCompanyOptions): Promise<BadCompany> {
  const running = await startOnRealKubelets(options)
  try {
    const { cluster, flights } = running
    const { intervalMs, intervals } = options
    const spanMs = intervals * intervalMs
    await sleep(2.2 * intervalMs)
    const names = cluster.model.nodes().map(({ name }) => name)
    const hanging = names.filter((_, index) => index % 20 === 3)
    const slow = names.filter((_, index) => index % 20 === 13)
    const sound = names.filter((name) => !hanging.includes(name) && !slow.includes(name))
    const before = await ages(running, sound, spanMs)
    for (const name of hanging) await cluster.kubelets.setFault(name, { kind: 'hang' })
    for (const name of slow) await cluster.kubelets.setFault(name, { kind: 'delay', ms: 0.6 * intervalMs })
    await sleep(intervalMs)
    flights.reset()
    cluster.kubelets.reset()
    const delay = monitorEventLoopDelay({ resolution: 10 })
    delay.enable()
    const after = await ages(running, sound, spanMs)
    delay.disable()
    const gaps = flights.gaps()
    const requests = slow.flatMap((name) => [...cluster.kubelets.requests(name)])
    const old = requests.filter(({ atMs }) => atMs < Date.now() - intervalMs)
    return {
      p99Ms: { before: percentile(before, 0.99), after: percentile(after, 0.99) },
      inFlight: flights.inFlight(),
      gapsMs: { slow: spread(gaps, slow), hanging: spread(gaps, hanging), sound: spread(gaps, sound) },
      slowAnswers: { whole: old.filter(({ answered }) => answered).length, asked: old.length },
      longestStallMs: delay.max / 1e6,
      newNodeMs: await greetNewNodes(running, 3),
    }
  } finally {
    await running.stop()
  }
}

/** Every tenth of a second, how old each node's latest usage is by its timestamp. */
async function ages({ store, now }: OnRealKubelets, names: string[], forMs: number): Promise<number[]> {
  const found: number[] = []
  for (const endMs = now() + forMs; now() < endMs; await sleep(100)) {
    for (const { body } of (await store.hydrate(names)).values()) {
      const timestampMs = body.numbers[place.usageTimestamp] as number
      if (!Number.isNaN(timestampMs)) found.push(now() - timestampMs)
    }
  }
  return found
}

async function greetNewNodes({ cluster }: OnRealKubelets, count: number): Promise<number> {
  let longestMs = 0
  for (let i = 0; i < count; i++) {
    const { name } = await cluster.model.addNode()
    const announcedMs = Date.now()
    while (cluster.kubelets.scrapes(name).length === 0) await sleep(5)
    longestMs = Math.max(longestMs, (cluster.kubelets.scrapes(name)[0] ?? 0) - announcedMs)
  }
  return longestMs
}

function percentile(values: number[], share: number): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}

function spread(gaps: Map<string, number[]>, names: string[]) {
  const all = names.flatMap((name) => gaps.get(name) ?? [])
  return { least: Math.min(...all), most: Math.max(...all), count: all.length / names.length }
}
