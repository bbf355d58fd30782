import { type MetricSpec, prometheusName } from '@metrics-ring/common/telemetry/metric'
import type { SpanSpec } from '@metrics-ring/common/telemetry/trace'
import { metricSections, type Section, spanSections } from './catalog.ts'

const intro = `# Telemetry

Written by \`npm run telemetry\` from the code that measures; a test holds it up to date.

**Where.** A shard answers \`/metrics\` in plain HTTP on its health port, a frontend and standalone on the secure port, to
whoever may \`get\` the nonResourceURL \`/metrics\`, as with metrics-server. Which of its metrics became which of ours is in
[migrate.md](migrate.md#metrics), what to watch and when to be woken in [slo.md](slo.md).

**OTLP.** The same metrics, and traces, are sent by OTLP when the standard variables ask for it: a signal is asked for by
\`OTEL_METRICS_EXPORTER=otlp\` or \`OTEL_TRACES_EXPORTER=otlp\`, or, where that is not set, by
\`OTEL_EXPORTER_OTLP_ENDPOINT\` or the endpoint of the signal; \`none\` switches it off. \`OTEL_SDK_DISABLED=true\` leaves
nothing at all, and \`/metrics\` empty.
Without them nothing of this is loaded. All further \`OTEL_…\` variables of the SDK hold: \`OTEL_EXPORTER_OTLP_PROTOCOL\`,
\`OTEL_EXPORTER_OTLP_HEADERS\`, \`OTEL_METRIC_EXPORT_INTERVAL\`, \`OTEL_RESOURCE_ATTRIBUTES\`. Every scrape and every
request is traced unless the sampler says otherwise:

    OTEL_TRACES_EXPORTER=otlp OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 \\
    OTEL_TRACES_SAMPLER=parentbased_traceidratio OTEL_TRACES_SAMPLER_ARG=0.01

**Labels.** No label names a node, a pod, a shard or a client: ten thousand nodes that come and go leave as many series as
there were. Which node it is tell the log, \`/debug/nodes\` and the traces.
`

/** docs/telemetry.md. Pure. */
export function telemetryReference(): string {
  const metrics = metricSections.map((each) => sectionOf(each, metricHead, metricRow))
  const spans = spanSections.map((each) => sectionOf(each, spanHead, spanRow))
  return [intro, '## Metrics\n', ...metrics, '## Spans\n', ...spans].join('\n')
}

function sectionOf<S>({ title, tiers, specs }: Section<S>, head: string, row: (spec: S) => string): string {
  return [`### ${title}\n`, `Of ${listed(tiers)}.\n`, head, ...specs.map(row), ''].join('\n')
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

const metricHead = '| metric | type | what it tells | labels |\n|---|---|---|---|'
const types = { counter: 'counter', total: 'counter', histogram: 'histogram', gauge: 'gauge' }

function metricRow(spec: MetricSpec): string {
  const buckets = spec.buckets ? ` Buckets: ${spec.buckets.join(', ')}.` : ''
  const cells = [
    `\`${prometheusName(spec)}\``,
    types[spec.kind],
    `${spec.help}${buckets}`,
    named(spec.labels),
  ]
  return `| ${cells.join(' | ')} |`
}

const spanHead = '| span | what it covers | attributes |\n|---|---|---|'

function spanRow({ name, kind, help, attributes }: SpanSpec): string {
  return `| \`${name}\`${kind ? ` (${kind})` : ''} | ${help} | ${named(attributes)} |`
}

function named(values: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .map(([name, text]) => `\`${name}\`: ${text}`)
    .join('<br>')
}
