/** When somebody is to be told, and what they do then. Times are as at W = 15 s; others are in proportion. */
export type Alert = {
  name: string
  severity: 'critical' | 'warning' | 'info'
  /** PromQL; `t` gives a duration of so many seconds at W = 15 s, and `n` a number of seconds. */
  expr: (times: Scaled) => string
  forSeconds: number
  summary: string
  /** What to do, in one line. */
  runbook: string
}

export type Scaled = { t: (seconds: number) => string; n: (seconds: number) => string }

/** A part of a whole, both counters, over five minutes. */
const share = (part: string, whole: string, window: string) =>
  `sum(rate(${part}[${window}])) / sum(rate(${whole}[${window}]))`

export const alerts: Alert[] = [
  {
    name: 'MetricsRingIncomplete',
    severity: 'critical',
    expr: () => 'min by (resource) (metrics_ring_view_served / (metrics_ring_view_known > 0)) < 0.95',
    forSeconds: 60,
    summary: 'Less than 95 % of the {{ $labels.resource }} have a sample: autoscalers wait.',
    runbook:
      'If MetricsRingStoreDown or MetricsRingNoShards fires too, mend that first; else see which kubelets fail and why: `metrics-ring status`, `/debug/nodes` of the shards.',
  },
  {
    name: 'MetricsRingSamplesOld',
    severity: 'warning',
    expr: ({ n }) => `max(metrics_ring_view_sample_age_seconds{resource="nodes",percentile="99"}) > ${n(45)}`,
    forSeconds: 30,
    summary: 'One node in a hundred is served from a sample older than three intervals.',
    runbook:
      'Look whether scrapes fail (MetricsRingScrapesFailing), whether the store answers, and whether clocks of kubelets are wrong: metrics_ring_scrape_point_age_seconds.',
  },
  {
    name: 'MetricsRingStoreDown',
    severity: 'critical',
    expr: () => 'max(1 - metrics_ring_store_up) == 1',
    forSeconds: 30,
    summary:
      'A process cannot reach Redis. What is in memory is served until it is older than the age bound.',
    runbook:
      'Look at the log of the process for why (away, AUTH, read-only, full), then at Redis itself and at network policies; nothing of ours needs a restart afterwards.',
  },
  {
    name: 'MetricsRingNoShards',
    severity: 'critical',
    expr: () => 'absent(metrics_ring_claims)',
    forSeconds: 30,
    summary: 'No shard tells of itself: nothing is scraped, or the shards are not monitored.',
    runbook:
      '`kubectl -n kube-system get pods -l app.kubernetes.io/component=shard`, then why they do not start; frontends serve what is in Redis until the age bound.',
  },
  {
    name: 'MetricsRingNoFrontends',
    severity: 'critical',
    expr: () => 'absent(metrics_ring_view_known)',
    forSeconds: 30,
    summary:
      'No frontend tells of itself: `kubectl top` and autoscalers get no answer, or the frontends are not monitored.',
    runbook:
      '`kubectl get apiservice v1beta1.metrics.k8s.io` and the pods of the frontends; if they run, the account of Prometheus may lack `get` on the nonResourceURL /metrics.',
  },
  {
    name: 'MetricsRingScrapesFailing',
    severity: 'warning',
    expr: ({ t }) =>
      `${share('metrics_ring_scrapes_total{result="failed"}', 'metrics_ring_scrapes_total', t(300))} > 0.05`,
    forSeconds: 120,
    summary: 'More than 5 % of the scrapes fail.',
    runbook:
      '`sum by (reason) (rate(metrics_ring_scrapes_total{result="failed"}[5m]))` names the reason; the log of the shards names the nodes and says what mends it.',
  },
  {
    name: 'MetricsRingNodesUnowned',
    severity: 'critical',
    expr: () => 'min(metrics_ring_nodes_unowned) > 0',
    forSeconds: 60,
    summary: '{{ $value }} nodes are scraped by nobody.',
    runbook:
      'All shards agree that nobody tries these nodes, which no fault of one part should come to: save `/debug/ring` of every shard, then restart the shards one by one, and report it.',
  },
  {
    name: 'MetricsRingSplit',
    severity: 'warning',
    expr: () => 'max(metrics_ring_epoch) != min(metrics_ring_epoch)',
    forSeconds: 90,
    summary: 'Shards do not agree on who is in the ring: some nodes are scraped twice.',
    runbook:
      'The shard whose metrics_ring_proof_age_seconds grows is cut off from the API server: look at its log, its account (leases) and its network; no node goes without a scrape meanwhile.',
  },
  {
    name: 'MetricsRingNoProof',
    severity: 'warning',
    expr: ({ n }) => `max(metrics_ring_proof_age_seconds) > ${n(40)}`,
    forSeconds: 30,
    summary: 'A shard cannot renew its Lease. It scrapes on, and the ring stays as it is.',
    runbook:
      'If all shards say so, the API server is away or refuses: `kubectl auth can-i update leases -n kube-system --as system:serviceaccount:kube-system:metrics-ring-shard`; if one does, look at its network.',
  },
  {
    name: 'MetricsRingShardLost',
    severity: 'info',
    expr: ({ t }) => `max(increase(metrics_ring_evictions_total{reason="expired"}[${t(300)}])) > 0.5`,
    forSeconds: 0,
    summary: 'A shard fell silent and the others took its nodes over.',
    runbook:
      'Nothing to mend by itself: see why it died (`kubectl describe pod`: OOMKilled, node gone) or whether it is cut off; more memory if it was killed for it.',
  },
  {
    name: 'MetricsRingHandoverStuck',
    severity: 'warning',
    expr: () => 'sum(metrics_ring_handover_stuck) > 0',
    forSeconds: 60,
    summary: '{{ $value }} nodes are still covered by a shard that the ring does not give them to.',
    runbook:
      'Their owner has not been seen scraping them: compare `/debug/nodes` of owner and coverer for a node of `/debug/ring` that is retained; most often the route from the owner to the kubelet is cut.',
  },
  {
    name: 'MetricsRingApiErrors',
    severity: 'critical',
    expr: ({ t }) =>
      `${share('metrics_ring_api_requests_total{code=~"5..",resource=~"pods|nodes"}', 'metrics_ring_api_requests_total{resource=~"pods|nodes"}', t(300))} > 0.01`,
    forSeconds: 60,
    summary: 'More than 1 % of the requests for metrics fail.',
    runbook:
      '503: a frontend has not been able to read the store since it started. 500: reviews by the API server fail (metrics_ring_review_duration_seconds) or there is a defect of ours in the log.',
  },
  {
    name: 'MetricsRingApiSlow',
    severity: 'warning',
    expr: ({ t }) =>
      `histogram_quantile(0.99, sum by (le) (rate(metrics_ring_api_request_duration_seconds_bucket{resource=~"pods|nodes"}[${t(300)}]))) > 1`,
    forSeconds: 60,
    summary: 'One request for metrics in a hundred takes longer than a second.',
    runbook:
      'If nodejs_eventloop_delay_p99_seconds is high the frontends lack CPU: raise the limit or `replicas`; else it is the API server’s reviews: metrics_ring_review_duration_seconds.',
  },
  {
    name: 'MetricsRingBusy',
    severity: 'warning',
    expr: () => 'max(nodejs_eventloop_delay_p99_seconds) > 0.25',
    forSeconds: 120,
    summary: 'A process of metrics-ring is kept from running, or has too much to do.',
    runbook:
      'See whether it is throttled (container_cpu_cfs_throttled_periods_total) or its node is overcommitted; more shards or frontends if process_cpu_seconds_total is near its limit.',
  },
  {
    name: 'MetricsRingBadReadings',
    severity: 'info',
    expr: ({ t }) =>
      [
        `sum(increase(metrics_ring_usage_rejected_total[${t(900)}]))`,
        `sum(increase(metrics_ring_decode_malformed_lines_total[${t(900)}]))`,
        `(sum(increase(metrics_ring_scrapes_total{reason="no_samples"}[${t(900)}])) or vector(0)) > 0`,
      ].join(' + '),
    forSeconds: 0,
    summary:
      'Kubelets say what cannot be: usage above the capacity of the node, lines that are not in the format, or nothing at all.',
    runbook:
      '`/debug/nodes` shows malformedLines and rejected of each node, and `no_samples` where nothing was of use; what was said is left out, the last good sample is served.',
  },
]

/** Of times that hold at W = 15 s, what they are at another. */
export function scaledTo(intervalMs: number): Scaled & { duration: (seconds: number) => string } {
  const ms = (seconds: number) => Math.round((seconds * intervalMs) / 15)
  const duration = (seconds: number) => durationText(ms(seconds))
  return { t: duration, n: (seconds) => String(ms(seconds) / 1000), duration }
}

/** As Prometheus writes it, in the largest unit that is whole. */
function durationText(ms: number): string {
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000}m`
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
