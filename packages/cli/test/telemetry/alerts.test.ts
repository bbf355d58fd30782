import { readFileSync } from 'node:fs'
import { type MetricSpec, prometheusName } from '@metrics-ring/common/telemetry/metric'
import { expect } from 'chai'
import { alerts, scaledTo } from '../../../../scripts/telemetry/alerts.ts'
import { metricSpecs } from '../../../../scripts/telemetry/catalog.ts'
import { ruleGroups, usualIntervalMs } from '../../../../scripts/telemetry/rules.ts'
import { unknownIn } from './known-metrics.ts'
import { checkRules, evaluateAlerts } from './promtool.ts'
import type { Recorded } from './recording.ts'
import { replayFaults } from './replay-faults.ts'

describe('the alert rules', () => {
  it('are rules that Prometheus takes', async () => {
    const { ok, output } = await checkRules(ruleGroups(usualIntervalMs))
    expect(ok, output).to.equal(true)
    expect(output).to.include(`${alerts.length} rules found`)
  })

  it('ask for metrics and labels that exist', () => {
    for (const { name, expr } of alerts)
      expect(unknownIn(expr(scaledTo(usualIntervalMs))), name).to.deep.equal([])
  })

  it('are each raised by a fault that is replayed, or by series written by hand', () => {
    const raised = new Set([...replayFaults.flatMap(({ raises }) => raises), ...Object.keys(byHand)])
    expect(alerts.map(({ name }) => name).filter((name) => !raised.has(name))).to.deep.equal([])
  })
})

describe('the alert rules, over what was recorded of real processes', function () {
  this.timeout(30_000)
  for (const { name, title, raises, mayRaise } of replayFaults) {
    const what = raises.length === 0 ? 'are silent' : `raise ${raises.join(', ')}`
    it(`${what} when ${title}`, async () => {
      const recorded = recordingOf(name)
      expect(Object.keys(recorded.series).flatMap(unknownIn), 'no longer told').to.deep.equal([])
      const firing = await evaluateAlerts(recorded.series, recorded)
      for (const alert of raises) expect([...firing.keys()], name).to.include(alert)
      const others = [...firing.keys()].filter((alert) => ![...raises, ...mayRaise].includes(alert))
      expect(others, name).to.deep.equal([])
      const early = [...firing.values()].flat().filter((step) => step < recorded.faultFrom)
      expect(early, 'fired before the fault').to.deep.equal([])
    })
  }
})

/** What no fault that we can inflict comes to, or not at will: said by hand. Times of W = 15 s. */
const byHand: Record<string, Record<string, string>> = {
  MetricsRingNodesUnowned: {
    'metrics_ring_nodes_unowned{instance="a"}': '0 0 3+0x17',
    'metrics_ring_nodes_unowned{instance="b"}': '0 0 3+0x17',
  },
  MetricsRingHandoverStuck: {
    'metrics_ring_handover_stuck{instance="a"}': '0+0x19',
    'metrics_ring_handover_stuck{instance="b"}': '0 0 1+0x17',
  },
  MetricsRingBusy: {
    'nodejs_eventloop_delay_p99_seconds{instance="a"}': '0.02 0.02 0.4+0x17',
    'nodejs_eventloop_delay_p99_seconds{instance="b"}': '0.02+0x19',
  },
}

describe('the alert rules, over series written by hand', () => {
  const present = { metrics_ring_claims: '1+0x19', metrics_ring_view_known: '1+0x19' }
  for (const [alert, series] of Object.entries(byHand)) {
    it(`raise ${alert}, after a while and not before`, async () => {
      const firing = await evaluateAlerts({ ...present, ...series }, { intervalMs: 15_000, steps: 20 })
      expect([...firing.keys()]).to.deep.equal([alert])
      expect(Math.min(...(firing.get(alert) ?? []))).to.be.within(5, 12)
    })
  }
})

function recordingOf(fault: string): Recorded {
  return JSON.parse(readFileSync(new URL(`replay/${fault}.recorded.json`, import.meta.url), 'utf8'))
}

describe('the names in queries', () => {
  it('are held against what there is', () => {
    const [first] = metricSpecs as [MetricSpec]
    expect(unknownIn(`rate(${prometheusName(first)}[5m])`)).to.deep.equal([])
    expect(unknownIn('rate(metrics_ring_nothing_total[5m])')).to.deep.equal(['metrics_ring_nothing_total'])
    expect(unknownIn('metrics_ring_claims{sort="own"}')).to.deep.equal(['metrics_ring_claims{sort}'])
    expect(unknownIn('sum by (color) (metrics_ring_claims)')).to.deep.equal(['by color'])
  })
})
