import { fileURLToPath } from 'node:url'
import { dump } from 'js-yaml'
import { dashboard } from './dashboard.ts'
import { telemetryReference } from './reference.ts'
import { ruleGroups, usualIntervalMs } from './rules.ts'
import { sloPage } from './slo.ts'

export type Written = { path: string; text: string }

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const note = '# Written by npm run telemetry: change scripts/telemetry/alerts.ts.\n'
const yaml = (value: object) => note + dump(value, { lineWidth: 120 })

/** The files that are made from the code; `npm run telemetry` writes them, a test compares them. */
export function written(): Written[] {
  const rules = ruleGroups(usualIntervalMs)
  return [
    { path: at('docs/telemetry.md'), text: telemetryReference() },
    { path: at('docs/slo.md'), text: sloPage() },
    { path: at('k8s/alerts/metrics-ring.rules.yaml'), text: yaml(rules) },
    {
      path: at('k8s/alerts/metrics-ring.dashboard.json'),
      text: `${JSON.stringify(dashboard(), undefined, 2)}\n`,
    },
    { path: at('k8s/components/alerts/prometheus-rule.yaml'), text: yaml(prometheusRule(rules)) },
    { path: at('k8s/chart/metrics-ring/alerts.yaml'), text: yaml(rules) },
  ]
}

function prometheusRule(spec: object) {
  const labels = {
    'app.kubernetes.io/name': 'metrics-ring',
    'app.kubernetes.io/part-of': 'metrics-ring',
  }
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'metrics-ring', namespace: 'kube-system', labels },
    spec,
  }
}
