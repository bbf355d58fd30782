import { realClock } from '@metrics-ring/common/clock'
import { createKubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { silentLog } from '@metrics-ring/common/log'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { startCluster } from '@metrics-ring/sim/cluster'
import { createShardEvents } from '../../src/events.ts'
import { createKubeletClient } from '../../src/kubelet/kubelet.ts'
import { followTargets, type Target } from '../../src/kubelet/targets.ts'
import { times } from '../../src/ring/times.ts'
import { createShard, type Shard } from '../../src/shard.ts'

export type RealOptions = { nodes: number; podsPerNode: number; intervalMs: number }

/** One shard's core with its own kubelet client and Node watch, over real TLS kubelets; the store is in memory. */
export async function startOnRealKubelets({ nodes, podsPerNode, intervalMs }: RealOptions) {
  const lifecycle = createLifecycle((error) => console.error(error))
  const cluster = await startCluster({ nodes, podsPerNode, intervalMs, sampling: 'cri', seed: 11 })
  lifecycle.add(cluster.close)
  const config = await loadKubeConfig(cluster.serviceAccountKubeconfig('kube-system:metrics-ring-shard'))
  const client = createKubeClient(config)
  lifecycle.add(() => client.close())
  const kubelets = createKubeletClient({
    credentials: { ca: async () => config.tls.ca, token: config.token },
    requestTimeoutMs: (2 * intervalMs) / 3,
  })
  lifecycle.add(kubelets.close)
  const clock = realClock
  const now = () => clock.mono() + performance.timeOrigin
  const store = createMemoryStore({ clock, intervalMs })
  const flights = createFlights()
  const shard: Shard = createShard({
    self: 'shard-0',
    clock,
    times: times(intervalMs),
    now,
    store,
    fetchSample: (target, call) => flights.watch(target.node, () => fetchFrom(kubelets, target, call)),
    events: createShardEvents(silentLog),
  })
  lifecycle.add(shard.stop)
  const targets = followTargets({
    client,
    clock,
    log: silentLog,
    nodeSelector: '',
    options: { addressTypes: ['InternalIP'], port: 10_250, useNodeStatusPort: true },
    onTargets(current) {
      shard.setTargets(current)
      kubelets.retain(new Set(current.keys()))
    },
  })
  lifecycle.add(targets.start())
  shard.setMembers(['shard-0'])
  return { cluster, store, now, flights, stop: lifecycle.stop }
}

export type OnRealKubelets = Awaited<ReturnType<typeof startOnRealKubelets>>

async function fetchFrom(
  kubelets: ReturnType<typeof createKubeletClient>,
  { kubelet }: Target,
  call: { retry: boolean },
) {
  return kubelet.ok ? kubelets.scrape(kubelet.target, call) : kubelet
}

/** Scrapes as the shard makes them: when each began and ended, milliseconds of the monotonic clock. */
function createFlights() {
  let all: { node: string; fromMs: number; toMs: number }[] = []
  return {
    async watch<T>(node: string, fly: () => Promise<T>): Promise<T> {
      const flight = { node, fromMs: realClock.mono(), toMs: Number.POSITIVE_INFINITY }
      all.push(flight)
      const result = await fly()
      flight.toMs = realClock.mono()
      return result
    },
    reset() {
      all = []
    },
    /** How many were under way at once since the reset: on average, at most for 99 % of the time, and at most. */
    inFlight() {
      const nowMs = realClock.mono()
      const steps = all.flatMap(({ fromMs, toMs }) => [
        { atMs: fromMs, by: 1 },
        { atMs: Math.min(toMs, nowMs), by: -1 },
      ])
      return levels(steps.sort((a, b) => a.atMs - b.atMs || a.by - b.by))
    },
    /** Of each node, the times between one scrape's beginning and the next's, milliseconds. */
    gaps(): Map<string, number[]> {
      const begun = Map.groupBy(all, ({ node }) => node)
      return new Map(
        [...begun].map(([node, flights]) => [
          node,
          flights.slice(1).map(({ fromMs }, index) => fromMs - (flights[index]?.fromMs ?? fromMs)),
        ]),
      )
    },
  }
}

/** Of a number that goes up and down: its mean, what it does not exceed for 99 % of the time, and its peak. */
function levels(steps: { atMs: number; by: number }[]) {
  const spans: { level: number; ms: number }[] = []
  let level = 0
  for (const [index, { atMs, by }] of steps.entries()) {
    level += by
    spans.push({ level, ms: (steps[index + 1]?.atMs ?? atMs) - atMs })
  }
  const allMs = spans.reduce((sum, { ms }) => sum + ms, 0)
  const mean = spans.reduce((sum, span) => sum + span.level * span.ms, 0) / allMs
  const sorted = spans.sort((a, b) => a.level - b.level)
  let leftMs = 0.99 * allMs
  const p99 = sorted.find(({ ms }) => {
    leftMs -= ms
    return leftMs <= 0
  })
  return { mean, p99: p99?.level ?? 0, peak: sorted.at(-1)?.level ?? 0 }
}
