import { expect } from 'chai'
import { complete, type Installation, install, until } from './installation.ts'
import { frontendReadiness } from './readiness.ts'

describe('a cluster whose Redis is away when everything starts', function () {
  this.timeout(60_000)
  let all: Installation
  before(async () => {
    all = await install({ nodes: 5, podsPerNode: 3, shards: 0, frontends: 0 })
    await all.redis.kill()
    await all.deployment.addFrontend()
    await all.deployment.addShard()
    await all.deployment.register(AbortSignal.timeout(30_000))
  })
  after(() => all?.stop())

  it('has shards and frontends that keep trying, and say at /readyz what they wait for', async () => {
    const { deployment } = all
    const [shard] = deployment.shards()
    const [frontend] = deployment.frontends()
    await until(async () => {
      const answer = await fetch(`http://127.0.0.1:${shard?.port}/readyz`).catch(() => undefined)
      const said = `${answer?.status} ${await answer?.text()}`
      return /^503 .*\[-\]store failed: /s.test(said) ? [] : [said]
    }, 30_000)
    await until(async () => {
      const said = await frontendReadiness(frontend?.port ?? 0)
      return /\[-\]metric-storage-ready failed|the store is away/.test(said) ? [] : [said]
    }, 30_000)
    expect(deployment.shards()).to.have.length(1)
    expect(deployment.frontends()).to.have.length(1)
  })

  it('never answers with an empty list meanwhile: with 503, once it is ready all the same', async () => {
    const seen = new Set<number>()
    await until(async () => {
      const { status } = await all.api.get('/apis/metrics.k8s.io/v1/pods')
      seen.add(status)
      return status === 503 ? [] : [`status ${status}`]
    }, 30_000)
    const [frontend] = all.deployment.frontends()
    await until(async () => {
      const said = await frontendReadiness(frontend?.port ?? 0)
      return /^200 .*the store is away/s.test(said) ? [] : [said]
    }, 30_000)
    const { status, body } = await all.api.get('/apis/metrics.k8s.io/v1/pods')
    expect(status, body).to.equal(503)
    expect(seen).not.to.include(200)
  })

  it('is complete soon after Redis came', async () => {
    await all.redis.restart()
    await complete(all, 20_000)
  })
})
