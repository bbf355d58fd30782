/** Begins traces as a service does, as the environment asks for them, and ends: for sampling.test.ts. */
import { silentLog } from '@metrics-ring/common/log'
import { startTelemetry } from '@metrics-ring/common/telemetry/telemetry'
import { apiSpans } from '@metrics-ring/frontend/answer/api-spans'
import { scrapeSpans } from '@metrics-ring/shard/report/scrape-spans'

const telemetry = await startTelemetry('traced', { log: silentLog, env: process.env })
for (let i = 0; i < 200; i++) {
  const trace = telemetry.tracing?.begin(scrapeSpans.scrape)
  trace?.part(scrapeSpans.decode, () => i)
  trace?.end()
}
const parents = { kept: '01', dropped: '00' }
for (const [name, flags] of Object.entries(parents)) {
  const headers = { traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-${flags}` }
  const trace = telemetry.tracing?.begin(apiSpans.request, { headers, attributes: { 'url.path': name } })
  trace?.past(apiSpans.authn, 5)
  trace?.end()
}
await telemetry.stop()
process.exit(0)
