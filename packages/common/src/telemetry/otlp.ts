import { DiagLogLevel, diag, metrics, trace } from '@opentelemetry/api'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import { realClock, sleep } from '../clock.ts'
import type { Log } from '../log.ts'
import { createTracing } from './trace.ts'

/** Which signals are to be sent by OTLP. */
export type Asked = { any: boolean; metrics: boolean; traces: boolean }

/** `OTEL_SDK_DISABLED`: nothing is to be measured at all. Pure. */
export function isDisabled(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true'
}

/** How long what is left may take to be sent when the process ends, milliseconds. */
const lastSendMs = 2_000

/**
 * A signal is asked for by `OTEL_<SIGNAL>_EXPORTER`, or, where that is not set, by an endpoint. Unlike the defaults of
 * the specification, nothing set means nothing sent: a collector that nobody runs would be tried for ever. Pure.
 */
export function otlpAsked(env: Readonly<Record<string, string | undefined>>): Asked {
  const isAsked = (signal: 'METRICS' | 'TRACES') => {
    const exporters = env[`OTEL_${signal}_EXPORTER`]?.trim()
    const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT || env[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`]
    if (isDisabled(env)) return false
    return exporters ? exporters.split(',').some((each) => each.trim() === 'otlp') : Boolean(endpoint)
  }
  const [forMetrics, forTraces] = [isAsked('METRICS'), isAsked('TRACES')]
  return { any: forMetrics || forTraces, metrics: forMetrics, traces: forTraces }
}

type OtlpOptions = {
  component: string
  asked: Asked
  env: Readonly<Record<string, string | undefined>>
  log: Log
  /** Of /metrics. */
  reader: IMetricReader
}

/** The whole SDK, configured by the standard variables; it keeps its state in the process, so start it once. */
export async function startOtlp({ component, asked, env, log, reader }: OtlpOptions) {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const readers = asked.metrics ? [reader, await pushReader(env)] : [reader]
  const sdk = new NodeSDK({
    serviceName: env.OTEL_SERVICE_NAME || `metrics-ring-${component}`,
    metricReaders: readers,
    logRecordProcessors: [],
    ...(asked.traces ? {} : { spanProcessors: [] }),
  })
  reportTo(log)
  sdk.start()
  log.info({ metrics: asked.metrics, traces: asked.traces }, 'sending telemetry by OTLP')
  return {
    meter: metrics.getMeter('metrics-ring'),
    tracing: asked.traces ? createTracing(trace.getTracer('metrics-ring')) : undefined,
    async stop() {
      await Promise.race([sdk.shutdown().catch(() => {}), sleep(realClock, lastSendMs)])
      diag.disable()
    },
  }
}

const exporters = {
  grpc: () => import('@opentelemetry/exporter-metrics-otlp-grpc'),
  'http/json': () => import('@opentelemetry/exporter-metrics-otlp-http'),
  'http/protobuf': () => import('@opentelemetry/exporter-metrics-otlp-proto'),
} as const

async function pushReader(env: OtlpOptions['env']): Promise<IMetricReader> {
  const protocol = env.OTEL_EXPORTER_OTLP_METRICS_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || ''
  const load = exporters[protocol as keyof typeof exporters] ?? exporters['http/protobuf']
  const [{ PeriodicExportingMetricReader }, { OTLPMetricExporter }] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    load(),
  ])
  const exportIntervalMillis = Number(env.OTEL_METRIC_EXPORT_INTERVAL) || 60_000
  const exportTimeoutMillis = Math.min(Number(env.OTEL_METRIC_EXPORT_TIMEOUT) || 30_000, exportIntervalMillis)
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis,
    exportTimeoutMillis,
  })
}

/** One line when sending begins to fail, not one for each attempt. */
function reportTo(log: Log) {
  let told = false
  const tell = (message: string) => {
    if (!told) log.warn({ reason: message }, 'telemetry cannot be sent')
    told = true
  }
  const silent = () => {}
  const logger = { error: tell, warn: tell, info: silent, debug: silent, verbose: silent }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
}
