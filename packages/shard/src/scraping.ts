import type { Clock } from '@metrics-ring/common/clock'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { KubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import type { Lifecycle } from '@metrics-ring/common/lifecycle'
import type { Log } from '@metrics-ring/common/log'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { silentTelemetry, type Telemetry } from '@metrics-ring/common/telemetry/telemetry'
import { startCore } from './core.ts'
import { createShardEvents } from './events.ts'
import { createEndpoints } from './kubelet/endpoint.ts'
import { createKubeletClient } from './kubelet/kubelet.ts'
import { kubeletOptions } from './kubelet/kubelet-options.ts'
import { followTargets } from './kubelet/targets.ts'
import { createNodeBook } from './report/node-book.ts'
import { measureRing } from './report/ring-metrics.ts'
import { countInFlight } from './report/scrape-metrics.ts'
import type { LeaseApi } from './ring/leases.ts'
import type { Times } from './ring/times.ts'
import type { ScrapeConfig } from './scrape-config.ts'

export type ScrapingDeps = {
  clock: Clock
  log: Log
  /** Of the client, and where kubelets are shown who we are. */
  kubeConfig: KubeConfig
  kube: KubeClient
  store: SampleStore
  leases: LeaseApi
  /** Our name in the ring of those leases. */
  self: string
  times: Times
  telemetry?: Telemetry
  /** Gets the stop of everything that is started here. */
  lifecycle: Lifecycle
}

/** From the Nodes and the kubelets to the store: a shard, whoever else is in its ring. */
export function startScraping(config: ScrapeConfig, deps: ScrapingDeps) {
  const { clock, log, kubeConfig, kube, lifecycle, times, telemetry = silentTelemetry } = deps
  const { meter } = telemetry
  const { mono } = clock
  const book = createNodeBook(mono, 2 * times.intervalMs)
  const events = createShardEvents(log, { mono, book, meter })
  const inFlight = countInFlight(meter)
  const kubelets = createKubeletClient(kubeletOptions(config.kubelet, kubeConfig))
  lifecycle.add(() => kubelets.close())
  const endpoints = createEndpoints({ choice: config.kubelet.endpoint, mono, kubelets })
  const core = startCore({
    ...deps,
    fetchSample: async ({ kubelet }, call) =>
      kubelet.ok ? inFlight(() => endpoints.fetch(kubelet.target, call)) : kubelet,
    events,
    tracing: telemetry.tracing,
    random: Math.random,
  })
  lifecycle.add(core.stop)
  measureRing(meter, core, { times, mono })
  const targets = followTargets({
    client: kube,
    clock,
    log,
    nodeSelector: config.nodeSelector,
    options: config.kubelet,
    onTargets(current) {
      core.shard.setTargets(current)
      kubelets.retain(new Set(current.keys()))
      endpoints.retain(new Set([...current.values()].map(({ uid }) => uid)))
    },
  })
  lifecycle.add(targets.start())
  return { core, targets, book }
}
