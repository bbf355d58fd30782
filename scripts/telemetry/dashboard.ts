/** One chart: queries with the text of their legends. */
type Chart = { title: string; unit: Unit; queries: [expression: string, legend: string][]; help?: string }
type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'ops' | 'Bps' | 'cores'
type Row = { title: string; charts: Chart[] }

const window = '[$__rate_interval]'
const rate = (metric: string) => `rate(${metric}${window})`
const by = (labels: string, metric: string) => `sum by (${labels}) (${rate(metric)})`
const percentile = (share: number, metric: string, labels = '') => {
  const [, name = '', matchers = ''] = /^(\w+)(\{.*\})?$/.exec(metric) ?? []
  return `histogram_quantile(${share}, sum by (le${labels && `, ${labels}`}) (${rate(`${name}_bucket${matchers}`)}))`
}
const percentiles = (metric: string): Chart['queries'] => [
  [percentile(0.5, metric), 'p50'],
  [percentile(0.99, metric), 'p99'],
]
const served = 'metrics_ring_view_served / (metrics_ring_view_known > 0)'
const asked = 'metrics_ring_api_requests_total{resource=~"pods|nodes"}'
const failed = 'metrics_ring_api_requests_total{resource=~"pods|nodes",code=~"5.."}'

export const rows: Row[] = [
  {
    title: 'Service levels',
    charts: [
      {
        title: 'Completeness',
        unit: 'percentunit',
        queries: [[`min by (resource) (${served})`, '{{resource}}']],
        help: 'Share of nodes and running pods of which a sample is served; the worst frontend.',
      },
      {
        title: 'Age of samples',
        unit: 's',
        queries: [
          [
            'max by (percentile) (metrics_ring_view_sample_age_seconds{resource="nodes"})',
            'nodes, p{{percentile}}',
          ],
          [
            'max by (percentile) (metrics_ring_view_sample_age_seconds{resource="pods"})',
            'pods, p{{percentile}}',
          ],
        ],
      },
      {
        title: 'Failed requests and scrapes',
        unit: 'percentunit',
        queries: [
          [`sum(${rate(failed)}) / sum(${rate(asked)})`, 'requests'],
          [
            `sum(${rate('metrics_ring_scrapes_total{result="failed"}')}) / sum(${rate('metrics_ring_scrapes_total')})`,
            'scrapes',
          ],
        ],
      },
    ],
  },
  {
    title: 'Scrapes',
    charts: [
      {
        title: 'Scrapes by result',
        unit: 'ops',
        queries: [[by('result', 'metrics_ring_scrapes_total'), '{{result}}']],
      },
      {
        title: 'Why scrapes fail',
        unit: 'ops',
        queries: [[by('reason', 'metrics_ring_scrapes_total{result="failed"}'), '{{reason}}']],
      },
      {
        title: 'Duration of a scrape',
        unit: 's',
        queries: percentiles('metrics_ring_scrape_duration_seconds{result="answered"}'),
      },
      {
        title: 'Nodes',
        unit: 'short',
        queries: [
          ['sum by (state) (metrics_ring_nodes)', '{{state}}'],
          ['sum(metrics_ring_nodes_silent)', 'silent for two intervals'],
          ['sum(metrics_ring_nodes_unwritten)', 'not written yet'],
        ],
      },
      {
        title: 'Longest without an answer',
        unit: 's',
        queries: [['max(metrics_ring_nodes_greatest_age_seconds)', 'worst node']],
      },
      {
        title: 'Age of readings when they arrive',
        unit: 's',
        queries: percentiles('metrics_ring_scrape_point_age_seconds'),
      },
      {
        title: 'Under way, and bytes read',
        unit: 'short',
        queries: [
          ['sum(metrics_ring_scrape_in_flight)', 'scrapes under way'],
          [`sum(${rate('metrics_ring_scrape_size_bytes_total')}) / 1000`, 'kB a second'],
        ],
      },
      {
        title: 'What kubelets say amiss',
        unit: 'ops',
        queries: [
          [`sum(${rate('metrics_ring_decode_malformed_lines_total')})`, 'malformed lines'],
          [`sum(${rate('metrics_ring_usage_rejected_total')})`, 'above capacity'],
          [`sum(${rate('metrics_ring_scrape_incomplete_total')})`, 'incomplete answers'],
        ],
      },
    ],
  },
  {
    title: 'Ring',
    charts: [
      {
        title: 'Claims',
        unit: 'short',
        queries: [
          ['sum by (kind) (metrics_ring_claims)', '{{kind}}'],
          ['sum(metrics_ring_handover_stuck)', 'stuck'],
          ['max(metrics_ring_nodes_unowned)', 'unowned'],
        ],
      },
      {
        title: 'Nodes of each shard',
        unit: 'short',
        queries: [['sum by (instance) (metrics_ring_claims)', '{{instance}}']],
      },
      {
        title: 'Members, as each shard sees them',
        unit: 'short',
        queries: [
          ['metrics_ring_members', '{{instance}}'],
          ['count(count_values("epoch", metrics_ring_epoch))', 'different rings'],
        ],
      },
      {
        title: 'Since the last proof',
        unit: 's',
        queries: [['metrics_ring_proof_age_seconds', '{{instance}}']],
      },
      {
        title: 'Members lost',
        unit: 'short',
        queries: [
          [`max by (reason) (increase(metrics_ring_evictions_total${window}))`, '{{reason}}'],
          [`sum(increase(metrics_ring_amnesties_total${window}))`, 'amnesties'],
          [`sum(increase(metrics_ring_pauses_total${window}))`, 'pauses'],
        ],
      },
    ],
  },
  {
    title: 'Store',
    charts: [
      {
        title: 'Calls, p99',
        unit: 's',
        queries: [
          [percentile(0.99, 'metrics_ring_store_call_duration_seconds', 'operation'), '{{operation}}'],
        ],
      },
      {
        title: 'Calls',
        unit: 'ops',
        queries: [[by('operation', 'metrics_ring_store_call_duration_seconds_count'), '{{operation}}']],
      },
      {
        title: 'Failures',
        unit: 'ops',
        queries: [
          [by('reason', 'metrics_ring_store_errors_total'), '{{reason}}'],
          [`sum(increase(metrics_ring_store_outages_total${window}))`, 'outages'],
          [`sum(${rate('metrics_ring_store_bad_records_total')})`, 'bad records'],
        ],
      },
      {
        title: 'Reach',
        unit: 's',
        queries: [
          ['max(metrics_ring_store_lag_seconds)', 'behind, at most'],
          ['sum(1 - metrics_ring_store_up)', 'processes without a store'],
        ],
      },
    ],
  },
  {
    title: 'API',
    charts: [
      {
        title: 'Requests',
        unit: 'ops',
        queries: [[by('verb, resource', 'metrics_ring_api_requests_total'), '{{verb}} {{resource}}']],
      },
      {
        title: 'Answers',
        unit: 'ops',
        queries: [[by('code', 'metrics_ring_api_requests_total'), '{{code}}']],
      },
      {
        title: 'Latency',
        unit: 's',
        queries: [
          [
            percentile(0.99, 'metrics_ring_api_request_duration_seconds', 'verb, resource, scope'),
            '{{verb}} {{resource}} {{scope}}',
          ],
        ],
      },
      {
        title: 'Under way',
        unit: 'short',
        queries: [
          ['sum(metrics_ring_api_in_flight)', 'requests'],
          ['sum(metrics_ring_api_connections)', 'connections'],
        ],
      },
      {
        title: 'Who asks',
        unit: 'ops',
        queries: [
          [by('method', 'metrics_ring_api_authentications_total'), '{{method}}'],
          [by('decision', 'metrics_ring_api_authorizations_total'), '{{decision}}'],
        ],
      },
      {
        title: 'Reviews',
        unit: 'ops',
        queries: [[by('review, found', 'metrics_ring_review_lookups_total'), '{{review}} {{found}}']],
      },
      {
        title: 'Reviews by the API server, p99',
        unit: 's',
        queries: [
          [
            percentile(0.99, 'metrics_ring_review_duration_seconds', 'review, result'),
            '{{review}} {{result}}',
          ],
        ],
      },
      {
        title: 'Pods in two records',
        unit: 'short',
        queries: [['max(metrics_ring_view_losers)', 'not served']],
      },
    ],
  },
  {
    title: 'Processes',
    charts: [
      {
        title: 'CPU',
        unit: 'cores',
        queries: [
          [`${rate('process_cpu_seconds_total')} and on (instance) metrics_ring_build_info`, '{{instance}}'],
        ],
      },
      {
        title: 'Memory',
        unit: 'bytes',
        queries: [
          ['process_resident_memory_bytes and on (instance) metrics_ring_build_info', '{{instance}}'],
        ],
      },
      {
        title: 'JavaScript heap',
        unit: 'bytes',
        queries: [
          ['max(nodejs_heap_used_bytes)', 'used, most'],
          ['max(nodejs_heap_size_bytes)', 'reserved, most'],
          ['max(nodejs_external_memory_bytes)', 'buffers, most'],
        ],
      },
      {
        title: 'Delay of the event loop',
        unit: 's',
        queries: [
          ['max by (instance) (nodejs_eventloop_delay_p99_seconds)', 'p99 {{instance}}'],
          ['max(nodejs_eventloop_delay_max_seconds)', 'worst'],
        ],
      },
      {
        title: 'Age of processes',
        unit: 's',
        queries: [
          ['time() - process_start_time_seconds and on (instance) metrics_ring_build_info', '{{instance}}'],
        ],
      },
    ],
  },
]

const across = 3
const [width, height] = [24 / across, 7]
/** Grafana puts the chosen one in. */
const datasource = { type: 'prometheus', uid: '$datasource' }

/** A dashboard of Grafana, schema 39. Pure. */
export function dashboard() {
  let id = 0
  let y = 0
  const panels = rows.flatMap((row) => {
    const head = {
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
    }
    const charts = row.charts.map((chart, at) => {
      const gridPos = {
        x: (at % across) * width,
        y: y + 1 + Math.floor(at / across) * height,
        w: width,
        h: height,
      }
      return panelOf(chart, ++id, gridPos)
    })
    y += 1 + Math.ceil(row.charts.length / across) * height
    return [head, ...charts]
  })
  return {
    uid: 'metrics-ring',
    title: 'metrics-ring',
    tags: ['kubernetes', 'metrics-ring'],
    schemaVersion: 39,
    editable: true,
    refresh: '1m',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Prometheus' }],
    },
    panels,
  }
}

const units = { ops: 'ops', cores: 'short' }

function panelOf({ title, unit, queries, help }: Chart, id: number, gridPos: object) {
  return {
    id,
    type: 'timeseries',
    title,
    ...(help && { description: help }),
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit: unit in units ? units[unit as keyof typeof units] : unit, min: 0 },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queries.map(([expr, legendFormat], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource,
      expr,
      legendFormat,
    })),
  }
}

/** Every query of it. */
export const dashboardQueries: string[] = rows.flatMap(({ charts }) =>
  charts.flatMap(({ queries }) => queries.map(([expression]) => expression)),
)
