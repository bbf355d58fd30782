import type { ProbeRequest, Reading } from './probe.ts'
import type { Peer } from './processes.ts'
import { median, type Row, row } from './rows.ts'
import type { Bench } from './scenario.ts'

type Shard = { peer: Peer<ProbeRequest>; port: number }
type StartShard = (name: string, flags: string[], env: Record<string, string>) => Promise<Shard>
type Options = { nodes: number; intervalMs: number; telemetryRounds: number }

/** How often Prometheus asks, at most, milliseconds. */
const askedEveryMs = 15_000
/** Intervals of a round: to settle, and measured. */
const [settling, measured] = [3, 6]

/**
 * What telemetry costs: two shards, each in a ring of its own, scrape the same kubelets at the same time, one with
 * telemetry and asked for /metrics as often as Prometheus would, one with `OTEL_SDK_DISABLED`. Whatever else the machine
 * does hits both alike. In each round both are new, and the other one is started first.
 */
export async function measureTelemetry(
  bench: Bench,
  startShard: StartShard,
  { nodes, intervalMs, telemetryRounds: rounds }: Options,
): Promise<Row[]> {
  const found: { on: number; off: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const kinds = round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    const shards = new Map<string, Shard>()
    for (const kind of kinds) {
      const env = kind === 'off' ? { OTEL_SDK_DISABLED: 'true' } : {}
      shards.set(kind, await startShard(`telemetry-${kind}-${round}`, [], env))
    }
    const of = (kind: string) => shards.get(kind) as Shard
    const cpuMs = async (kind: string) => (await of(kind).peer.ask<Reading>({ measure: 'now' })).cpuMs
    await bench.wait(settling * intervalMs, `telemetry on and off, round ${round + 1} of ${rounds}, settling`)
    const before = { on: await cpuMs('on'), off: await cpuMs('off') }
    const asking = setInterval(() => void ask(of('on').port), askedEveryMs)
    await bench.wait(measured * intervalMs, 'measuring')
    clearInterval(asking)
    const scrapes = nodes * measured
    const on = ((await cpuMs('on')) - before.on) / scrapes
    const off = ((await cpuMs('off')) - before.off) / scrapes
    bench.progress(`with telemetry ${on.toFixed(3)} ms a scrape, without ${off.toFixed(3)} ms`)
    found.push({ on, off })
    await Promise.all([...shards.values()].map(({ peer }) => peer.stop()))
  }
  return [
    row('CPU per scrape beside another shard, telemetry on', median(found.map(({ on }) => on)), 'ms'),
    row('CPU per scrape beside another shard, telemetry off', median(found.map(({ off }) => off)), 'ms'),
    row('  on / off, median of the rounds', median(found.map(({ on, off }) => on / off)), '', {
      is: '<=',
      value: 1.03,
    }),
  ]
}

async function ask(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
  await response?.text()
}
