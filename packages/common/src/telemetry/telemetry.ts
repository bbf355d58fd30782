import type { IMetricReader, MetricData, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import type { AsyncStop } from '../lifecycle.ts'
import type { Log } from '../log.ts'
import { type Meter, prometheusName, silentMeter } from './metric.ts'
import { isDisabled, otlpAsked, startOtlp } from './otlp.ts'
import { measureProcess } from './process-metrics.ts'
import type { Tracing } from './trace.ts'

/** What this process tells of itself. */
export type Telemetry = {
  meter: Meter
  /** Undefined unless somebody asked for traces. */
  tracing?: Tracing
  /** All metrics as of now, in the text format of Prometheus; media type `metricsType`. */
  page(): Promise<string>
  stop: AsyncStop
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8'

/** For tests, and for parts started without telemetry. */
export const silentTelemetry: Telemetry = { meter: silentMeter, page: async () => '', stop() {} }

/**
 * Starts what measures: metrics, for /metrics, unless `OTEL_SDK_DISABLED` is true; OTLP only where the standard variables `OTEL_…` ask for it
 * (otlp.ts). Each library is loaded when it is needed: docs/decisions tells what that costs.
 * @param component as in `metrics-ring <component>`; part of the service's name.
 */
export async function startTelemetry(
  component: string,
  { log, env }: { log: Log; env: NodeJS.ProcessEnv },
): Promise<Telemetry> {
  if (isDisabled(env)) return silentTelemetry
  const [sdk, { PrometheusSerializer }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-prometheus'),
  ])
  class Reader extends sdk.MetricReader {
    override async onForceFlush() {}
    override async onShutdown() {}
  }
  const reader = new Reader()
  const asked = otlpAsked(env)
  const { meter, tracing, stop } = asked.any
    ? await startOtlp({ component, asked, env, log, reader })
    : startAlone(sdk, reader)
  const stopProcess = measureProcess(meter, component)
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  return {
    meter,
    ...(tracing ? { tracing } : {}),
    async page() {
      const { resourceMetrics } = await reader.collect()
      return `${serializer.serialize(withPrometheusNames(resourceMetrics, sdk.DataPointType.SUM))}`
    },
    async stop() {
      stopProcess()
      await stop()
    },
  }
}

function startAlone({ MeterProvider }: typeof import('@opentelemetry/sdk-metrics'), reader: IMetricReader) {
  const provider = new MeterProvider({ readers: [reader] })
  return { meter: provider.getMeter('metrics-ring'), tracing: undefined, stop: () => provider.shutdown() }
}

/** The serializer leaves units out of names, and writes them as a comment of another format. */
function withPrometheusNames(metrics: ResourceMetrics, sum: MetricData['dataPointType']): ResourceMetrics {
  const named = ({ descriptor, ...data }: MetricData) => {
    const counts = data.dataPointType === sum && 'isMonotonic' in data && data.isMonotonic
    const { name, unit } = descriptor
    const spec = { name, kind: counts ? ('counter' as const) : ('gauge' as const) }
    const full = prometheusName(unit === 's' || unit === 'By' ? { ...spec, unit } : spec)
    return { ...data, descriptor: { ...descriptor, name: full, unit: '' } } as MetricData
  }
  const scopeMetrics = metrics.scopeMetrics.map((each) => ({ ...each, metrics: each.metrics.map(named) }))
  return { ...metrics, scopeMetrics }
}
