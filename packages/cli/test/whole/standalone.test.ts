import { expect } from 'chai'
import { connectApi } from './api-client.ts'
import { listPods } from './disturbances.ts'
import { complete, type Installation, install, lastLogs, until } from './installation.ts'
import { unexplainedRows, valueFaults } from './steady.ts'

describe('a standalone process', function () {
  this.timeout(60_000)
  let all: Installation
  before(async () => {
    // Of kubelets that sample when asked, two scrapes always are two points.
    const sampling = 'cri'
    all = await install({
      nodes: 10,
      podsPerNode: 6,
      sampling,
      shards: 0,
      frontends: 0,
      standalone: true,
    })
    await complete(all).catch((error) => {
      throw new Error(`${error}\n${lastLogs(all)}`)
    })
  })
  after(() => all?.stop())

  /** The most often that any kubelet was scraped since then. */
  function mostScrapes(sinceMs: number): number {
    const { model, kubelets } = all.cluster
    return Math.max(
      ...model.nodes().map(({ name }) => kubelets.scrapes(name).filter((atMs) => atMs > sinceMs).length),
    )
  }

  it('serves in both versions what the model says, and kubectl top prints its rounding', async () => {
    const { values, faults } = await valueFaults(all)
    expect(values).to.be.above(100)
    expect(faults).to.deep.equal([])
    expect(await unexplainedRows(all)).to.deep.equal([])
  })

  it('answers the probes of metrics-server on its secure port', async () => {
    const [process] = all.deployment.frontends()
    const direct = await connectApi(all.cluster, `https://127.0.0.1:${process?.port}`)
    try {
      for (const path of ['/livez', '/readyz', '/healthz'])
        expect(await direct.get(path), path).to.deep.equal({ status: 200, body: 'ok' })
      const { body } = await direct.get('/readyz?verbose')
      for (const check of ['metric-storage-ready', 'metric-informer-sync', 'metadata-informer-sync'])
        expect(body).to.include(`[+]${check} ok`)
    } finally {
      direct.close()
    }
  })

  it('misses no pod while one scrape of every node is dropped', async () => {
    const { model, kubelets } = all.cluster
    const listing = listPods(all)
    const fromMs = Date.now()
    for (const { name } of model.nodes()) await kubelets.setFault(name, { kind: 'status', code: 500 })
    const failed = (name: string) =>
      kubelets.requests(name).some(({ atMs, status }) => atMs > fromMs && status === 500)
    await until(() => model.nodes().flatMap(({ name }) => (failed(name) ? [] : [name])), 20_000)
    for (const { name } of model.nodes()) await kubelets.setFault(name, undefined)
    const okMs = Date.now()
    await until(() => (mostScrapes(okMs) < 2 ? ['no further scrapes'] : []), 20_000)
    const { lists, faults } = await listing.stop()
    expect(lists).to.be.above(10)
    expect(faults).to.deep.equal([])
  })

  it('stops in good order at SIGTERM, and shows everything again after two scrapes of each node', async () => {
    const { deployment } = all
    const [process] = deployment.frontends()
    if (!process) throw new Error('it does not run')
    process.signal('SIGTERM')
    expect(await process.exited, lastLogs(all)).to.equal(0)
    const startedMs = Date.now()
    deployment.restartFrontend(process)
    await complete(all)
    // Those whose phase comes first in the interval are asked once more before the last have two; a busy machine may
    // be late to see it.
    expect(mostScrapes(startedMs)).to.be.at.most(4)
  })
})
