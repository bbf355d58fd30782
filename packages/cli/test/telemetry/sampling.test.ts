import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { type Collector, startCollector } from '../whole/collector.ts'

const traced = fileURLToPath(new URL('traced.ts', import.meta.url))

describe('the sampling of traces', function () {
  this.timeout(90_000)
  let collector: Collector
  beforeEach(async () => {
    collector = await startCollector()
  })
  afterEach(() => collector.stop())

  /** The names of the spans that arrive. */
  async function spans(env: Record<string, string>): Promise<string[]> {
    await promisify(execFile)(process.execPath, [traced], {
      timeout: 80_000,
      killSignal: 'SIGKILL',
      env: { PATH: process.env.PATH, ...collector.env, OTEL_METRICS_EXPORTER: 'none', ...env },
    })
    return collector.spans.map(({ name }) => name)
  }

  it('keeps every trace unless something else is asked for', async () => {
    const names = await spans({})
    expect(names.filter((name) => name === 'scrape')).to.have.length(200)
    expect(names.filter((name) => name === 'scrape decode')).to.have.length(200)
    expect(collector.metrics).to.deep.equal([])
  })

  it('keeps a share of its own traces, whole, and those whose parent is kept', async () => {
    const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' }
    const names = await spans(sampler)
    const kept = names.filter((name) => name === 'scrape').length
    // 200 throws of a coin: fewer than 50 heads, or more than 150, come once in 10^12 runs.
    expect(kept).to.be.within(50, 150)
    expect(names.filter((name) => name === 'scrape decode')).to.have.length(kept)
    expect(names.filter((name) => name === 'api request')).to.have.length(1)
    const [request] = collector.spans.filter(({ name }) => name === 'api request')
    expect(request?.traceId).to.equal('ab'.repeat(16))
    expect(request?.parentSpanId).to.equal('cd'.repeat(8))
    expect(JSON.stringify(request?.attributes)).to.include('kept')
  })

  it('sends nothing where only metrics are asked for', async () => {
    expect(await spans({ OTEL_METRICS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'none' })).to.deep.equal([])
    expect(collector.metrics.map(({ name }) => name)).to.include('process.cpu')
  })
})
