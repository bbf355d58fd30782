import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

export type ReceivedSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
}
export type ReceivedMetric = { name: string; unit?: string; sum?: object; gauge?: object; histogram?: object }

type Resource = { attributes: { key: string; value: { stringValue?: string } }[] }
type Scoped<T, K extends string> = { resource: Resource } & { [key in K]: T[] }

/** Takes what is sent by OTLP as JSON over HTTP, and keeps it. */
export async function startCollector() {
  const spans: (ReceivedSpan & { service: string })[] = []
  const metrics: (ReceivedMetric & { service: string })[] = []
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as {
      resourceSpans?: Scoped<{ spans: ReceivedSpan[] }, 'scopeSpans'>[]
      resourceMetrics?: Scoped<{ metrics: ReceivedMetric[] }, 'scopeMetrics'>[]
    }
    for (const { resource, scopeSpans } of body.resourceSpans ?? []) {
      const service = serviceOf(resource)
      for (const each of scopeSpans) spans.push(...each.spans.map((span) => ({ ...span, service })))
    }
    for (const { resource, scopeMetrics } of body.resourceMetrics ?? []) {
      const service = serviceOf(resource)
      for (const each of scopeMetrics) metrics.push(...each.metrics.map((metric) => ({ ...metric, service })))
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    /** What makes a process send here, soon and often. */
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '300',
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
    },
    spans: spans as readonly (ReceivedSpan & { service: string })[],
    metrics: metrics as readonly (ReceivedMetric & { service: string })[],
    stop() {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

export type Collector = Awaited<ReturnType<typeof startCollector>>

function serviceOf({ attributes }: Resource): string {
  return attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
}
