import {
  counter,
  gauge,
  histogram,
  type Meter,
  type MetricSpecs,
  secondsBuckets,
} from '@metrics-ring/common/telemetry/metric'
import type { Outcome } from '../scrape.ts'
import type { NodeBook } from './node-book.ts'

export const scrapeMetrics = {
  scrapes: {
    name: 'metrics_ring.scrapes',
    kind: 'counter',
    help: 'Scrapes of kubelets that are over.',
    labels: {
      result:
        'accepted; unchanged: the kubelet had nothing newer; duplicate: another shard had just scraped the node; refused by the store; unwritten: the store is away; failed',
      reason: 'why it failed (packages/shard/src/kubelet/reasons.ts), or was refused: clock, uid',
    },
  },
  duration: {
    name: 'metrics_ring.scrape.duration',
    kind: 'histogram',
    unit: 's',
    help: 'From the request to a kubelet to the last byte of its answer, or to the failure.',
    labels: { result: 'answered, failed' },
    buckets: secondsBuckets,
  },
  inFlight: { name: 'metrics_ring.scrape.in_flight', kind: 'gauge', help: 'Scrapes under way.' },
  pointAge: {
    name: 'metrics_ring.scrape.point.age',
    kind: 'histogram',
    unit: 's',
    help: 'Age of the own point of a node when it arrives, by the clock of the kubelet against the shared one.',
    buckets: [1, 2.5, 5, 10, 15, 20, 25, 30, 45, 60, 120, 300],
  },
  size: {
    name: 'metrics_ring.scrape.size',
    kind: 'counter',
    unit: 'By',
    help: 'Bodies of answers, content coding removed.',
  },
  malformed: {
    name: 'metrics_ring.decode.malformed_lines',
    kind: 'counter',
    help: 'Lines of answers that were not understood and left out.',
  },
  incomplete: {
    name: 'metrics_ring.scrape.incomplete',
    kind: 'counter',
    help: 'Answers of which the kubelet says that it could not measure everything.',
  },
  rejected: {
    name: 'metrics_ring.usage.rejected',
    kind: 'counter',
    help: 'Usages of nodes and containers left out because the node cannot have that much: above 1.1 times its capacity.',
  },
  nodes: {
    name: 'metrics_ring.nodes',
    kind: 'gauge',
    help: 'Nodes that this shard scrapes, by how their last scrape ended.',
    labels: {
      state: 'ok; quarantined: refused so often that it is asked rarely; or the reason of the failure',
    },
  },
  silent: {
    name: 'metrics_ring.nodes.silent',
    kind: 'gauge',
    help: 'Of these, the nodes that have not answered for two intervals, or never.',
  },
  greatestAge: {
    name: 'metrics_ring.nodes.greatest_age',
    kind: 'gauge',
    unit: 's',
    help: 'Of these, the longest time since one answered. Absent while none has.',
  },
} as const satisfies MetricSpecs

export type ScrapeMetrics = ReturnType<typeof createScrapeMetrics>

/** What scrapes come to, in numbers. No label names a node: their number is the same in every cluster. */
export function createScrapeMetrics(meter: Meter, book: Pick<NodeBook, 'states' | 'silence'>) {
  const specs = scrapeMetrics
  const scrapes = counter(meter, specs.scrapes)
  const duration = histogram(meter, specs.duration)
  const age = histogram(meter, specs.pointAge)
  const bytes = counter(meter, specs.size)
  const malformed = counter(meter, specs.malformed)
  const incomplete = counter(meter, specs.incomplete)
  const rejected = counter(meter, specs.rejected)
  gauge(meter, specs.nodes, (observe) => {
    for (const [state, count] of book.states()) observe(count, { state })
  })
  gauge(meter, specs.silent, (observe) => observe(book.silence().nodes))
  gauge(meter, specs.greatestAge, (observe) => {
    const { greatestMs } = book.silence()
    if (greatestMs !== undefined) observe(greatestMs / 1000)
  })

  return {
    scraped(outcome: Outcome) {
      const { result } = outcome
      const reason = 'reason' in outcome ? { reason: outcome.reason } : {}
      scrapes(1, { result, ...reason })
      if (outcome.result === 'failed') return duration(outcome.spentMs / 1000, { result })
      if ('tookMs' in outcome) duration(outcome.tookMs / 1000, { result: 'answered' })
      const { heard } = outcome
      bytes(heard.bytes)
      if (heard.ageMs !== undefined) age(Math.max(0, heard.ageMs) / 1000)
      if (heard.malformedLines > 0) malformed(heard.malformedLines)
      if (heard.incomplete) incomplete(1)
      if (heard.rejected > 0) rejected(heard.rejected)
    },
  }
}

/** Counts what is under way. */
export function countInFlight(meter: Meter): <T>(run: () => Promise<T>) => Promise<T> {
  let inFlight = 0
  gauge(meter, scrapeMetrics.inFlight, (observe) => observe(inFlight))
  return async (run) => {
    inFlight++
    try {
      return await run()
    } finally {
      inFlight--
    }
  }
}
