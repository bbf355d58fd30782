import { prometheusName } from '@metrics-ring/common/telemetry/metric'
import { expect } from 'chai'
import { metricSpecs } from '../../../../scripts/telemetry/catalog.ts'
import { dashboard, dashboardQueries } from '../../../../scripts/telemetry/dashboard.ts'
import { levels } from '../../../../scripts/telemetry/slo.ts'
import { unknownIn } from './known-metrics.ts'
import { checkRules } from './promtool.ts'

/** As Grafana asks them. */
const queries = dashboardQueries.map((query) => query.replaceAll('$__rate_interval', '4m'))
const indicators = levels.map(({ indicator }) => indicator)

describe('the dashboard', () => {
  it('asks for metrics and labels that exist, and so do the indicators of the service levels', () => {
    for (const query of [...queries, ...indicators]) expect(unknownIn(query), query).to.deep.equal([])
  })

  it('asks what Prometheus understands, and so do the indicators', async () => {
    const rules = [...queries, ...indicators].map((expr, at) => ({ record: `query:${at}`, expr }))
    const groups = [{ name: 'queries', rules }]
    const { ok, output } = await checkRules({ groups })
    expect(ok, output).to.equal(true)
    expect(output).to.include(`${rules.length} rules found`)
  })

  it('shows every metric there is', () => {
    const text = queries.join('\n')
    const shown = (name: string) => new RegExp(`\\b${name}(_bucket|_count|_sum)?\\b`).test(text)
    expect(metricSpecs.map(prometheusName).filter((name) => !shown(name))).to.deep.equal([])
  })

  it('has names in its legends that the queries leave, panels of one id each, and none over another', () => {
    const { panels } = dashboard()
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length)
    const places = panels.map(({ gridPos }) => JSON.stringify(gridPos))
    expect(new Set(places).size).to.equal(panels.length)
    for (const panel of panels) {
      for (const { expr, legendFormat } of 'targets' in panel ? panel.targets : [])
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(keeps(expr, label), `${legendFormat} of ${expr}`).to.equal(true)
    }
  })
})

/** Whether a label is there in what the query gives: named by the outermost `by`, or never summed away. */
function keeps(query: string, label: string): boolean {
  const [, list] = /\bby \(([^)]*)\)/.exec(query) ?? []
  return list === undefined ? label === 'instance' : list.split(', ').includes(label)
}
