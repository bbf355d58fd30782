import { registerHooks } from 'node:module'
import { silentLog } from '../../src/log.ts'

// Starts telemetry as the environment asks, and prints which libraries of OpenTelemetry were loaded for it.
const names = new Set<string>()
registerHooks({
  load(url, context, nextLoad) {
    const [, name] = /@opentelemetry\/([^/]+)\//.exec(url) ?? []
    if (name) names.add(name)
    return nextLoad(url, context)
  },
})
const { startTelemetry } = await import('../../src/telemetry/telemetry.ts')
await startTelemetry('shard', { log: silentLog, env: process.env })
process.stdout.write(JSON.stringify([...names].sort()))
process.exit(0)
