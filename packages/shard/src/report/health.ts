import { createServer } from 'node:http'
import { errorText } from '@metrics-ring/common/errors'
import type { AsyncStop } from '@metrics-ring/common/lifecycle'
import { metricsType } from '@metrics-ring/common/telemetry/telemetry'
import type { ReadyCheck } from './readiness.ts'

export type HealthReport = {
  /** Everything that must hold for /readyz. */
  checks(): ReadyCheck[]
  /** What /debug/ring answers, as JSON. */
  ring(): unknown
  /** What /debug/nodes answers, as JSON: so many nodes, the worst first. */
  nodes(limit: number): unknown
  /** What /metrics answers, as text. */
  metrics(): Promise<string>
}

const nodesShown = 100

/** Plain HTTP for probes and operators: /livez, /readyz[?verbose], /metrics, /debug/ring, /debug/nodes[?limit=n]. Resolves when it listens. */
export async function serveHealth(port: number, address: string, report: HealthReport): Promise<AsyncStop> {
  const server = createServer(async (request, response) => {
    const url = URL.parse(request.url ?? '/', 'http://health')
    const { status, type, body } = await answer(url, report).catch(failed)
    response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  return () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
}

type Answer = { status: number; type: string; body: string }

function failed(error: unknown): Answer {
  return { status: 500, type: 'text/plain', body: `${errorText(error)}\n` }
}

/** `url` null: what was asked for is no URL. */
async function answer(url: URL | null, report: HealthReport): Promise<Answer> {
  switch (url?.pathname) {
    case '/livez':
      return { status: 200, type: 'text/plain', body: 'ok' }
    case '/readyz':
      return ready(report, url.searchParams.has('verbose'))
    case '/metrics':
      return { status: 200, type: metricsType, body: await report.metrics() }
    case '/debug/ring':
      return json(report.ring())
    case '/debug/nodes':
      return json(report.nodes(Number.parseInt(url.searchParams.get('limit') ?? '', 10) || nodesShown))
    default:
      return {
        status: 404,
        type: 'text/plain',
        body: 'paths: /livez /readyz /metrics /debug/ring /debug/nodes\n',
      }
  }
}

function json(value: unknown) {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(value, undefined, 2)}\n` }
}

function ready(report: HealthReport, verbose: boolean) {
  const checks = report.checks()
  const failed = checks.some((check) => check.failure !== undefined)
  const lines = checks.map(({ name, failure, note }) =>
    failure ? `[-]${name} failed: ${failure}` : `[+]${name} ok${note ? `: ${note}` : ''}`,
  )
  const body =
    verbose || failed ? `${lines.join('\n')}\nreadyz check ${failed ? 'failed' : 'passed'}\n` : 'ok'
  return { status: failed ? 503 : 200, type: 'text/plain', body }
}
