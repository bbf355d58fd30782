import { metricsType } from '@metrics-ring/common/telemetry/telemetry'
import { version } from '@metrics-ring/common/version'
import { answerDiscovery, discoveryPaths, type Reader } from '../discovery/discovery.ts'
import { createOpenapi, openapiPaths } from '../discovery/openapi.ts'
import { answerVersion } from '../discovery/version.ts'
import { prettyAsked } from '../request/negotiate.ts'
import type { Ask } from './answer.ts'
import type { Page } from './routes.ts'

const openapi = createOpenapi(version)

/** What is answered without looking at any metrics, by path. */
export const pages: ReadonlyMap<string, Page> = new Map<string, Page>([
  ...discoveryPaths.map((path): [string, Page] => [path, (ask) => answerDiscovery(path, readerOf(ask))]),
  ...openapiPaths.map((path): [string, Page] => [path, (ask) => openapi(path, openapiReaderOf(ask))]),
  ['/version', ({ headers }) => answerVersion({ version }, headers.accept)],
])

/** @param read all metrics of this process, as text. */
export function metricsPage(read: () => Promise<string>): Page {
  return async () => ({ code: 200, headers: { 'Content-Type': metricsType }, body: await read() })
}

function readerOf({ info, headers }: Ask): Reader {
  const { accept, ifNoneMatch, userAgent } = headers
  return { accept, ifNoneMatch, pretty: prettyAsked(info.query, userAgent) }
}

function openapiReaderOf({ info, headers }: Ask) {
  const { accept, ifNoneMatch } = headers
  return { accept, ifNoneMatch, hash: info.query.get('hash') ?? '', nowMs: Date.now() }
}
