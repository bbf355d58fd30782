import { setTimeout as sleep } from 'node:timers/promises'
import type { FlagTable } from '@metrics-ring/common/flags'
import { processUsage } from './process-usage.ts'
import { percentile, type Row, row } from './rows.ts'
import type { Bench, Scenario } from './scenario.ts'
import { listPods, prepareSite, type Service, withPatience } from './standalone-site.ts'

const flags = {
  nodes: { type: 'int', default: '100', least: 1, help: 'Kubelets, each over TLS on an address of its own.' },
  'pods-per-node': {
    type: 'int',
    default: '70',
    least: 1,
    help: 'Pods on each node, of one or two containers.',
  },
  interval: { type: 'duration', default: '15s', least: 10_000, help: 'Scrape interval W.' },
  intervals: {
    type: 'int',
    default: '12',
    least: 1,
    help: 'Intervals measured, at rest and again under lists.',
  },
  'list-every': { type: 'duration', default: '5s', least: 100, help: 'How often all pods are listed, then.' },
} as const satisfies FlagTable

/** Both at once over the same kubelets and API server, each in a process as it is installed. */
export const standaloneScenario: Scenario = {
  name: 'standalone',
  summary:
    'What a small cluster pays for one process: standalone, and metrics-server (METRICS_SERVER=path) beside it.',
  flags,
  run: measure,
}

type Flags = Readonly<Record<string, unknown>>
type Cost = { cores: number; meanMib: number; mostMib: number }

async function measure(bench: Bench, given: Flags): Promise<Row[]> {
  const [nodes, podsPerNode] = [Number(given.nodes), Number(given['pods-per-node'])]
  const intervalMs = Number(given.interval)
  const forMs = Number(given.intervals) * intervalMs
  const site = await prepareSite(bench, { nodes, podsPerNode, intervalMs })
  const services = [await site.startStandalone(), await site.startMetricsServer()]
  await bench.wait(4 * intervalMs, 'both find their nodes and settle')
  const ask = (service: Service) => listPods(service.url, site.token)
  const listed = await Promise.all(services.map((service) => service && withPatience(() => ask(service))))
  const atRest = await costs(bench, services, forMs, 'at rest')
  const listing = listEvery(
    Number(given['list-every']),
    services.filter(isThere).map((each) => () => ask(each)),
  )
  const underLists = await costs(bench, services, forMs, 'under lists')
  await listing.stop()
  return [
    ...['standalone', 'metrics-server'].map((name, which) =>
      row(`pods that ${name} lists`, listed[which], ''),
    ),
    ...costRows('at rest', atRest),
    ...costRows(`all pods listed every ${Number(given['list-every']) / 1000} s`, underLists),
  ]
}

const isThere = <T>(each: T | undefined): each is T => each !== undefined

function costRows(when: string, [ours, theirs]: (Cost | undefined)[]): Row[] {
  const ratio = (of: (cost: Cost) => number) => ours && theirs && of(ours) / of(theirs)
  return [
    row(`${when}: CPU of standalone`, ours && 1000 * ours.cores, 'millicores'),
    row(`${when}: CPU of metrics-server`, theirs && 1000 * theirs.cores, 'millicores'),
    row(
      `${when}: CPU against metrics-server's`,
      ratio(({ cores }) => cores),
      'x',
      { is: '<=', value: 0.7 },
    ),
    row(`${when}: RSS of standalone, mean`, ours?.meanMib, 'MiB'),
    row(`${when}: RSS of standalone, most`, ours?.mostMib, 'MiB', { is: '<=', value: 230 }),
    row(`${when}: RSS of metrics-server, mean`, theirs?.meanMib, 'MiB'),
    row(`${when}: RSS of metrics-server, most`, theirs?.mostMib, 'MiB'),
    row(
      `${when}: mean RSS against metrics-server's`,
      ratio(({ meanMib }) => meanMib),
      'x',
      { is: '<=', value: 1.4 },
    ),
  ]
}

/** Of each, by what the operating system says; memory once a second. */
async function costs(bench: Bench, services: (Service | undefined)[], forMs: number, what: string) {
  const begun = services.map((service) => service && processUsage(service.pid))
  const startedMs = performance.now()
  const mib = services.map((): number[] => [])
  const sampling = setInterval(() => {
    for (const [which, service] of services.entries())
      if (service) mib[which]?.push(processUsage(service.pid).rssBytes / 2 ** 20)
  }, 1_000)
  await bench.wait(forMs, what)
  clearInterval(sampling)
  const tookMs = performance.now() - startedMs
  return services.map((service, which): Cost | undefined => {
    const before = begun[which]
    const samples = mib[which] ?? []
    if (!service || !before) return undefined
    return {
      cores: (processUsage(service.pid).cpuMs - before.cpuMs) / tookMs,
      meanMib: samples.reduce((sum, each) => sum + each, 0) / samples.length,
      mostMib: percentile(samples, 1) ?? 0,
    }
  })
}

function listEvery(everyMs: number, asks: (() => Promise<unknown>)[]) {
  const abort = new AbortController()
  const loop = async () => {
    while (!abort.signal.aborted) {
      await Promise.all(asks.map((ask) => ask()))
      await sleep(everyMs, undefined, { signal: abort.signal }).catch(() => {})
    }
  }
  const looping = loop()
  return {
    async stop() {
      abort.abort()
      await looping
    },
  }
}
