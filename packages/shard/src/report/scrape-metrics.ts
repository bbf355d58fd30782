import type { Meter } from '@metrics-ring/common/telemetry'
import type { Outcome } from '../scrape.ts'
import type { NodeState } from './node-book.ts'

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const ageSeconds = [1, 2.5, 5, 10, 15, 20, 25, 30, 45, 60, 120, 300]

/** What scrapes come to, in numbers. No label names a node: their number is the same in every cluster. */
export function createScrapeMetrics(meter: Meter, states: () => Map<NodeState, number>) {
  const scrapes = meter.createCounter('metrics_ring.scrapes', {
    description: 'Scrapes of kubelets, by result and, where there is one, reason',
  })
  const duration = meter.createHistogram('metrics_ring.scrape.duration', {
    description: 'From the request to the last byte of the answer, or to the failure, by result',
    unit: 's',
    advice: { explicitBucketBoundaries: seconds },
  })
  const age = meter.createHistogram('metrics_ring.scrape.point.age', {
    description:
      'Age of the own point of a node when it arrives, by the kubelet clock against the shared one',
    unit: 's',
    advice: { explicitBucketBoundaries: ageSeconds },
  })
  const bytes = meter.createCounter('metrics_ring.scrape.size', {
    description: 'Bodies of answers, content coding removed',
    unit: 'By',
  })
  const malformed = meter.createCounter('metrics_ring.decode.malformed_lines', {
    description: 'Lines of answers that were not understood and left out',
  })
  const incomplete = meter.createCounter('metrics_ring.scrape.incomplete', {
    description: 'Answers of which the kubelet says that it could not measure everything',
  })
  const nodes = meter.createObservableGauge('metrics_ring.nodes', {
    description: 'Nodes that this shard scrapes, by state: ok, quarantined, or the reason of the failure',
  })
  nodes.addCallback((result) => {
    for (const [state, count] of states()) result.observe(count, { state })
  })

  return {
    scraped(outcome: Outcome) {
      const { result } = outcome
      const reason = 'reason' in outcome ? { reason: outcome.reason } : {}
      scrapes.add(1, { result, ...reason })
      if (outcome.result === 'failed') return duration.record(outcome.spentMs / 1000, { result })
      if ('tookMs' in outcome) duration.record(outcome.tookMs / 1000, { result: 'answered' })
      const { heard } = outcome
      bytes.add(heard.bytes)
      if (heard.ageMs !== undefined) age.record(Math.max(0, heard.ageMs) / 1000)
      if (heard.malformedLines > 0) malformed.add(heard.malformedLines)
      if (heard.incomplete) incomplete.add(1)
    },
  }
}
