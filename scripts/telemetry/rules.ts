import { alerts, scaledTo } from './alerts.ts'

/** Rules that the thresholds of ours are for. */
export const usualIntervalMs = 15_000

const runbooks = 'docs/slo.md'

/** The groups of a Prometheus rule file, or of the spec of a PrometheusRule. Pure. */
export function ruleGroups(intervalMs: number) {
  const times = scaledTo(intervalMs)
  const rules = alerts.map(({ name, severity, expr, forSeconds, summary, runbook }) => ({
    alert: name,
    expr: expr(times),
    ...(forSeconds > 0 && { for: times.duration(forSeconds) }),
    labels: { severity },
    annotations: { summary, runbook, runbook_url: `${runbooks}#${name.toLowerCase()}` },
  }))
  return { groups: [{ name: 'metrics-ring', rules }] }
}
