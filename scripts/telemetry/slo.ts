import { alerts, scaledTo } from './alerts.ts'
import { usualIntervalMs } from './rules.ts'

type Level = { what: string; indicator: string; objective: string; alerts: string[] }

const pods = 'metrics_ring_api_requests_total{resource=~"pods|nodes"}'

/** What users may count on, each with the query that tells. */
export const levels: Level[] = [
  {
    what: 'Sample age',
    indicator: 'max(metrics_ring_view_sample_age_seconds{resource="nodes",percentile="99"})',
    objective: 'at most 45 s (three intervals) 99.5 % of the time',
    alerts: ['MetricsRingSamplesOld'],
  },
  {
    what: 'Completeness',
    indicator: 'min by (resource) (metrics_ring_view_served / (metrics_ring_view_known > 0))',
    objective: 'at least 99 % of nodes and of running pods 99.5 % of the time',
    alerts: ['MetricsRingIncomplete', 'MetricsRingNoShards', 'MetricsRingStoreDown'],
  },
  {
    what: 'API errors',
    indicator: `1 - sum(rate(metrics_ring_api_requests_total{resource=~"pods|nodes",code=~"5.."}[30m])) / sum(rate(${pods}[30m]))`,
    objective: 'at least 99.9 % of requests answered without a 5xx',
    alerts: ['MetricsRingApiErrors', 'MetricsRingNoFrontends'],
  },
  {
    what: 'API latency',
    indicator:
      'histogram_quantile(0.99, sum by (le) (rate(metrics_ring_api_request_duration_seconds_bucket{resource=~"pods|nodes"}[30m])))',
    objective: 'at most 1 s, as Kubernetes promises of its own API',
    alerts: ['MetricsRingApiSlow', 'MetricsRingBusy'],
  },
  {
    what: 'Scrape success',
    indicator:
      '1 - sum(rate(metrics_ring_scrapes_total{result="failed"}[30m])) / sum(rate(metrics_ring_scrapes_total[30m]))',
    objective: 'at least 99 %, nodes that are down included',
    alerts: ['MetricsRingScrapesFailing', 'MetricsRingBadReadings'],
  },
  {
    what: 'Ring convergence',
    indicator: 'max(metrics_ring_epoch) == bool min(metrics_ring_epoch)',
    objective: 'all shards agree on the ring again within 90 s of any change, 99.9 % of the time',
    alerts: ['MetricsRingSplit', 'MetricsRingNoProof', 'MetricsRingHandoverStuck', 'MetricsRingNodesUnowned'],
  },
]

const intro = `# Service levels and alerts

Written by \`npm run telemetry\` from the rules; a test holds it up to date.

The age of a sample is from the timestamp of the kubelet to now: a kubelet measures a node every 10 to 20 s, and a scrape
comes every 15 s, so that 20 s is usual and 35 s is not yet late. Running pods that have just started count as missing
until their second scrape: a cluster that creates more than one pod in a hundred every half a minute needs another objective.

| | indicator | objective | alerts |
|---|---|---|---|`

const install = `
## Installing the alerts

| with | |
|---|---|
| Prometheus Operator | \`k8s/components/alerts\` beside \`k8s/components/service-monitor\`, or \`alerts.enabled\` in the chart |
| Prometheus | \`k8s/alerts/metrics-ring.rules.yaml\` among its \`rule_files\` |
| Grafana | \`k8s/alerts/metrics-ring.dashboard.json\` |

The rules hold for an interval of 15 s (\`--metric-resolution\`) and for Prometheus asking once a minute or more often.
They know no \`job\`: one Prometheus that watches several clusters needs their label in the \`by\` of each rule.
Each rule is tested against what \`/metrics\` of real processes said while a fault was inflicted (at an interval of 3 s, with
the rules in proportion), and all of them against calm. MetricsRingNodesUnowned, MetricsRingHandoverStuck and
MetricsRingBusy are for what no fault that we inflict comes to: they are tested against series written by hand.

## Alerts
`

/** docs/slo.md. Pure. */
export function sloPage(): string {
  const rows = levels.map(
    ({ what, indicator, objective, alerts }) =>
      `| ${what} | \`${indicator.replaceAll('|', '\\|')}\` | ${objective} | ${alerts.join(', ')} |`,
  )
  const times = scaledTo(usualIntervalMs)
  const sections = alerts.map(({ name, severity, expr, forSeconds, summary, runbook }) =>
    [
      `### ${name}\n`,
      `${severity}. ${plain(summary)}\n`,
      `    ${expr(times)}${forSeconds > 0 ? `   # for ${times.duration(forSeconds)}` : ''}\n`,
      `${runbook}\n`,
    ].join('\n'),
  )
  return [intro, ...rows, install, ...sections].join('\n')
}

/** Without the values that an alert puts in. */
function plain(summary: string): string {
  return summary.replace('{{ $labels.resource }}', 'nodes or pods').replace(/\{\{ \$value \}\}/g, 'Some')
}
