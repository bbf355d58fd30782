import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { keyOf, readExposition, seriesOf } from '@metrics-ring/common/testing/exposition'
import { expect } from 'chai'
import { silentLog } from '../../src/log.ts'
import { createMemoryStore } from '../../src/store/store-memory.ts'
import { counter, gauge, histogram, prometheusName } from '../../src/telemetry/metric.ts'
import { otlpAsked } from '../../src/telemetry/otlp.ts'
import { measuredStore } from '../../src/telemetry/store-metrics.ts'
import { startTelemetry, type Telemetry } from '../../src/telemetry/telemetry.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'

describe('/metrics', () => {
  let telemetry: Telemetry
  beforeEach(async () => {
    telemetry = await startTelemetry('shard', { log: silentLog, env: {} })
  })
  afterEach(() => telemetry.stop())
  const values = async () =>
    Object.fromEntries(
      seriesOf(readExposition(await telemetry.page())).map((each) => [keyOf(each), each.value]),
    )

  it('names metrics as Prometheus has it: unit in full, counters as totals, words joined', async () => {
    const { meter } = telemetry
    counter(meter, { name: 'a.size', kind: 'counter', unit: 'By', help: 'A.' })(3)
    histogram(meter, { name: 'b.took', kind: 'histogram', unit: 's', help: 'B.', buckets: [1] })(0.5)
    gauge(meter, { name: 'c.now', kind: 'gauge', help: 'C.' }, (observe) => observe(2))
    const found = await values()
    expect(found).to.include({ 'a_size_bytes_total{}': 3, 'c_now{}': 2 })
    expect(found).to.include({ 'b_took_seconds_bucket{le="1"}': 1, 'b_took_seconds_bucket{le="+Inf"}': 1 })
    expect(prometheusName({ name: 'd.cpu', kind: 'total', unit: 's' })).to.equal('d_cpu_seconds_total')
  })

  it('has a counter without labels from the start, so that its first increase is an increase', async () => {
    counter(telemetry.meter, { name: 'never', kind: 'counter', help: 'Never counted.' })
    expect(await values()).to.include({ 'never_total{}': 0 })
  })

  it('keeps what a label holds apart from the format', async () => {
    const count = counter(telemetry.meter, {
      name: 'odd',
      kind: 'counter',
      help: 'A backslash \\ and\na second line.',
      labels: { text: 'anything' },
    })
    count(1, { text: 'a "quote", a \\ and\na line' })
    expect(await values()).to.include({
      [`odd_total{text=${JSON.stringify('a "quote", a \\ and\na line')}}`]: 1,
    })
  })

  it('tells of the process what Prometheus clients tell', async () => {
    const found = await values()
    expect(found['process_cpu_seconds_total{}']).to.be.above(0)
    expect(found['process_resident_memory_bytes{}']).to.be.within(2 ** 24, 2 ** 32)
    expect(found['process_start_time_seconds{}']).to.be.within(Date.now() / 1000 - 36_000, Date.now() / 1000)
    expect(found['nodejs_eventloop_delay_max_seconds{}']).to.be.at.least(0)
  })

  it('counts calls of the store, those that failed, and how often it went away', async () => {
    const clock = createFakeClock()
    const memory = createMemoryStore({ clock, intervalMs: 15_000 })
    let away = false
    const time = async () => {
      if (away) throw new Error('away')
      return memory.time()
    }
    const store = measuredStore({ ...memory, time }, telemetry.meter, clock.mono)
    expect(await values()).to.not.have.property('metrics_ring_store_up{}')
    for (const next of [false, true, true, false, true]) {
      away = next
      await store.time().catch(() => {})
    }
    expect(await values()).to.include({
      'metrics_ring_store_call_duration_seconds_count{operation="time"}': 5,
      'metrics_ring_store_errors_total{operation="time",reason="other"}': 3,
      'metrics_ring_store_outages_total{}': 2,
      'metrics_ring_store_up{}': 0,
    })
  })
})

describe('OTLP', () => {
  it('is asked for by an exporter, or where none is named by an endpoint; for each signal of its own', () => {
    const asked = (env: Record<string, string>) => {
      const { metrics, traces } = otlpAsked(env)
      return [metrics, traces]
    }
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
    expect(asked({})).to.deep.equal([false, false])
    expect(asked(endpoint)).to.deep.equal([true, true])
    expect(asked({ OTEL_TRACES_EXPORTER: 'otlp' })).to.deep.equal([false, true])
    expect(asked({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/m' })).to.deep.equal([true, false])
    expect(asked({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).to.deep.equal([true, false])
    expect(asked({ ...endpoint, OTEL_METRICS_EXPORTER: 'prometheus' })).to.deep.equal([false, true])
    expect(asked({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).to.deep.equal([false, false])
    expect(asked({ OTEL_SERVICE_NAME: 'a', OTEL_TRACES_SAMPLER_ARG: '0.1' })).to.deep.equal([false, false])
  })

  it('loads nothing when it is not asked for', () => {
    expect(loaded({ OTEL_SDK_DISABLED: 'true' })).to.deep.equal([])
    expect(loaded({})).to.deep.equal(['exporter-prometheus', 'sdk-metrics'])
    const asked = loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })
    expect(asked).to.include.members(['sdk-node', 'sdk-trace', 'exporter-metrics-otlp-proto'])
  }).timeout(20_000)
})

/** The libraries of OpenTelemetry that a process loads for its telemetry, but those that all others need. */
function loaded(env: Record<string, string>): string[] {
  const file = fileURLToPath(new URL('loaded-libraries.ts', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, [file], { env: { ...env, PATH: process.env.PATH } })
  const names = JSON.parse(stdout.toString() || `"${stderr}"`) as string[]
  return names.filter((name) => !['api', 'core', 'resources', 'semantic-conventions'].includes(name))
}
