import { monitorEventLoopDelay } from 'node:perf_hooks'
import { version } from '../version.ts'
import { gauge, type Meter, type MetricSpecs } from './metric.ts'

/** The names are those of Prometheus clients, so that dashboards for any process know them. */
export const processMetrics = {
  buildInfo: {
    name: 'metrics_ring.build_info',
    kind: 'gauge',
    help: 'Always 1; its labels tell what runs.',
    labels: { component: 'shard, frontend, standalone', version: 'the release', node: 'the version of Node' },
  },
  cpu: { name: 'process.cpu', kind: 'total', unit: 's', help: 'CPU time of this process, user and system.' },
  memory: { name: 'process.resident_memory', kind: 'gauge', unit: 'By', help: 'Resident memory.' },
  start: {
    name: 'process.start_time',
    kind: 'gauge',
    unit: 's',
    help: 'When this process started, since the epoch.',
  },
  heap: { name: 'nodejs.heap.used', kind: 'gauge', unit: 'By', help: 'JavaScript heap in use.' },
  heapSize: { name: 'nodejs.heap.size', kind: 'gauge', unit: 'By', help: 'JavaScript heap reserved.' },
  external: {
    name: 'nodejs.external_memory',
    kind: 'gauge',
    unit: 'By',
    help: 'Buffers outside of the JavaScript heap.',
  },
  delayP99: {
    name: 'nodejs.eventloop.delay.p99',
    kind: 'gauge',
    unit: 's',
    help: 'How late timers were, 99th percentile since metrics were last collected.',
  },
  delayMax: {
    name: 'nodejs.eventloop.delay.max',
    kind: 'gauge',
    unit: 's',
    help: 'How late timers were at worst since metrics were last collected.',
  },
} as const satisfies MetricSpecs

/** How often the delay of the event loop is looked at, milliseconds: each look wakes an idle process. */
const resolutionMs = 100

/** What any process tells of itself. Returns its stop. */
export function measureProcess(meter: Meter, component: string): () => void {
  const startSeconds = Date.now() / 1000 - process.uptime()
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  // A delay is the time between two looks: without the time that they are meant to be apart.
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000)
  const { buildInfo, cpu, memory, start, heap, heapSize, external, delayP99, delayMax } = processMetrics

  gauge(meter, buildInfo, (observe) => observe(1, { component, version, node: process.versions.node }))
  gauge(meter, cpu, (observe) => {
    const { user, system } = process.cpuUsage()
    observe((user + system) / 1e6)
  })
  gauge(meter, memory, (observe) => observe(process.memoryUsage.rss()))
  gauge(meter, start, (observe) => observe(startSeconds))
  gauge(meter, heap, (observe) => observe(process.memoryUsage().heapUsed))
  gauge(meter, heapSize, (observe) => observe(process.memoryUsage().heapTotal))
  gauge(meter, external, (observe) => observe(process.memoryUsage().external))
  gauge(meter, delayP99, (observe) => observe(late(delay.count === 0 ? 0 : delay.percentile(99))))
  gauge(meter, delayMax, (observe) => {
    observe(late(delay.count === 0 ? 0 : delay.max))
    delay.reset()
  })
  return () => void delay.disable()
}
