import { expect } from 'chai'
import type { Fault } from '../../src/kubelet/kubelets.ts'
import { type Answer, type Cluster, samples, startCluster } from './kubelet-cluster.ts'

const NODE = 'node-0000'

describe('a kubelet with a fault', () => {
  let cluster: Cluster
  beforeEach(async () => {
    cluster = await startCluster()
  })
  afterEach(() => cluster.close())

  const set = (fault?: Fault) => cluster.kubelets.setFault(NODE, fault)
  const outcome = (answer: Promise<Answer>) =>
    answer.then(
      ({ status }) => String(status),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    )
  const scrape = () => outcome(cluster.get(NODE))
  const impatient = () => outcome(cluster.get(NODE, { signal: AbortSignal.timeout(60), agent: false }))

  it('refuses connections, and is back at its address afterwards', async () => {
    expect(await scrape()).to.equal('200')
    await set({ kind: 'refuse' })
    expect(await scrape()).to.match(/ECONNREFUSED|ECONNRESET/)
    expect(await scrape()).to.equal('ECONNREFUSED')
    await set()
    expect(await scrape()).to.equal('200')
  })

  it('hangs: counts the scrape and never answers', async () => {
    await set({ kind: 'hang' })
    expect(await impatient()).to.equal('ABORT_ERR')
    expect(cluster.kubelets.requests(NODE)).to.have.length(1)
    expect(cluster.kubelets.requests(NODE)[0]).to.include({ answered: false })
    await set()
    expect(await scrape()).to.equal('200')
  })

  it('delays its answer', async () => {
    await set({ kind: 'delay', ms: 80 })
    const startMs = performance.now()
    expect(await scrape()).to.equal('200')
    expect(performance.now() - startMs).to.be.within(70, 1000)
    expect(await impatient()).to.equal('ABORT_ERR')
  })

  it('drips its answer byte by byte', async () => {
    await set({ kind: 'drip', everyMs: 5 })
    const { raw, text, headers } = await cluster.get(NODE, { mostBytes: 10 })
    expect(raw.length).to.be.within(10, 12)
    expect('# HELP container_').to.include(text.slice(0, 10))
    expect(Number(headers['content-length'])).to.be.greaterThan(1000)
  })

  it('answers with garbage, too much, or without end', async () => {
    await set({ kind: 'garbage' })
    expect((await cluster.get(NODE)).text).not.to.include('node_cpu')
    await set({ kind: 'large' })
    expect((await cluster.get(NODE)).raw.length).to.equal(100_000_000)
    await set({ kind: 'endless' })
    expect((await cluster.get(NODE, { mostBytes: 2_000_000 })).raw.length).to.be.at.least(2_000_000)
    await set()
    expect((await cluster.get(NODE)).text).to.include('node_cpu')
  })

  it('has no figures of its node, or none of its pods', async () => {
    const names = async () => samples((await cluster.get(NODE)).text).map(({ name }) => name)
    await set({ kind: 'lacks', what: 'node' })
    expect((await names()).filter((name) => name.startsWith('node_'))).to.deep.equal([])
    expect((await names()).filter((name) => name.startsWith('container_'))).to.not.deep.equal([])
    await set({ kind: 'lacks', what: 'pods' })
    expect((await names()).filter((name) => !name.startsWith('node_'))).to.deep.equal([
      'resource_scrape_error',
    ])
  })

  it('resets the connection in the middle of a body', async () => {
    await set({ kind: 'resetMidBody' })
    expect(await scrape()).to.equal('ECONNRESET')
    expect(cluster.kubelets.requests(NODE)[0]?.answered).to.equal(false)
  })

  it('answers with the status it is told, or a redirect', async () => {
    for (const code of [401, 403, 404, 500]) {
      await set({ kind: 'status', code })
      expect(await scrape()).to.equal(String(code))
    }
    await set({ kind: 'redirect', location: 'https://192.0.2.1/steal' })
    const { status, headers } = await cluster.get(NODE)
    expect([status, headers.location]).to.deep.equal([302, 'https://192.0.2.1/steal'])
  })

  it('answers in plain text whatever is accepted', async () => {
    const headers = { 'accept-encoding': 'gzip' }
    await set({ kind: 'noGzip' })
    expect((await cluster.get(NODE, { headers })).headers).not.to.have.property('content-encoding')
    await set()
    expect((await cluster.get(NODE, { headers })).headers).to.have.property('content-encoding')
  })

  it('has a clock that is an hour off, at the same values', async () => {
    const read = async () =>
      samples((await cluster.get(NODE)).text).find(({ name }) => name.startsWith('node_cpu'))
    const right = await read()
    for (const ms of [3_600_000, -3_600_000]) {
      await set({ kind: 'clockStep', ms })
      expect((await read())?.atMs).to.be.closeTo((right?.atMs ?? 0) + ms, 60_000)
      const { date } = (await cluster.get(NODE)).headers
      expect(Date.parse(String(date))).to.be.closeTo(Date.now() + ms, 60_000)
    }
  })

  it('drops one scrape and no more', async () => {
    await set({ kind: 'dropNext' })
    expect(await scrape()).to.equal('ECONNRESET')
    expect(await scrape()).to.equal('200')
    expect(cluster.kubelets.requests(NODE).map(({ answered }) => answered)).to.deep.equal([false, true])
  })

  it('ends every handshake while it has no certificate', async () => {
    await set({ kind: 'certificate', problem: 'none' })
    expect(await outcome(cluster.get(NODE, { agent: false }))).to.equal('EPROTO')
    await set()
    expect(await outcome(cluster.get(NODE, { agent: false }))).to.equal('200')
  })

  it('shows a certificate that no strict client takes', async () => {
    const expected = { expired: /EXPIRED/, unknownAuthority: /VERIFY|SIGNATURE/, wrongName: /ALTNAME/ }
    for (const problem of ['expired', 'unknownAuthority', 'wrongName'] as const) {
      await set({ kind: 'certificate', problem })
      expect(await outcome(cluster.get(NODE, { agent: false }))).to.match(expected[problem])
      expect((await cluster.get(NODE, { agent: false, rejectUnauthorized: false })).status).to.equal(200)
    }
    await set()
    expect(await outcome(cluster.get(NODE, { agent: false }))).to.equal('200')
  })
})
