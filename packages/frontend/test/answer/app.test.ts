import { once } from 'node:events'
import http2 from 'node:http2'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { type App, feed, startApp, user } from '../app-fixture.ts'
import { at } from '../builders.ts'
import { askH1, askH2 } from '../tls-fixture.ts'

const base = '/apis/metrics.k8s.io/v1beta1'
const nodeJson =
  '"metadata":{"name":"n1","creationTimestamp":"2023-11-14T22:13:20Z","labels":{"zone":"a"}},' +
  '"timestamp":"2023-11-14T22:13:20Z","window":"15s","usage":{"cpu":"1m","memory":"1Ki"}}'

describe('the Metrics API of a frontend', () => {
  let app: App
  const json = async (path: string, headers = {}) => JSON.parse(String((await app.get(path, headers)).body))
  const names = async (path: string) => {
    const { items } = await json(path)
    return items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)
  }

  beforeEach(async () => {
    app = await startApp({ mostInFlight: 1 })
  })
  afterEach(() => app.close())

  it('answers get and list in either version, over HTTP/2 and HTTP/1.1', async () => {
    feed(app, {})
    for (const version of ['v1', 'v1beta1']) {
      const path = `/apis/metrics.k8s.io/${version}/nodes`
      const kind = `"apiVersion":"metrics.k8s.io/${version}"`
      const one = await app.get(`${path}/n1`)
      expect(String(one.body)).to.equal(`{"kind":"NodeMetrics",${kind},${nodeJson}\n`)
      const list = `{"kind":"NodeMetricsList",${kind},"metadata":{},"items":[{${nodeJson}]}\n`
      for (const got of [await app.get(path), await askH1(app.port, { path })]) {
        expect(String(got.body)).to.equal(list)
        expect(got.headers).to.include({
          'content-type': 'application/json',
          'cache-control': 'no-cache, private',
        })
        expect(got.headers['content-length']).to.equal(String(list.length))
      }
    }
  })

  it('selects by namespace, labels and fields', async () => {
    feed(app, { 'a/p1': { app: 'x' }, 'a/p2': { app: 'y' }, 'b/p1': { app: 'x' } })
    expect(await names(`${base}/pods`)).to.deep.equal(['p1', 'p2', 'p1'])
    expect(await names(`${base}/namespaces/a/pods`)).to.deep.equal(['p1', 'p2'])
    expect(await names(`${base}/namespaces/none/pods`)).to.deep.equal([])
    expect(await names(`${base}/namespaces/a/pods?labelSelector=app%3Dx`)).to.deep.equal(['p1'])
    expect(await names(`${base}/pods?labelSelector=app+notin+(x)`)).to.deep.equal(['p2'])
    expect(await names(`${base}/pods?fieldSelector=metadata.name%3Dp1,metadata.namespace%3Db`)).to.deep.equal(
      ['p1'],
    )
    expect(await names(`${base}/pods?fieldSelector=metadata.namespace!%3Db`)).to.deep.equal(['p1', 'p2'])
    expect(await names(`${base}/nodes?fieldSelector=metadata.namespace%3Db`)).to.deep.equal([])
  })

  it('pages by limit and continue through all pods once, in order', async () => {
    const pods = Array.from({ length: 10 }, (_, n) => `${n < 4 ? 'a' : 'b'}/p${n}`)
    feed(app, Object.fromEntries(pods.map((pod) => [pod, {}])))
    const seen: string[] = []
    let path = `${base}/pods?limit=3`
    for (;;) {
      const { metadata, items } = await json(path)
      seen.push(...items.map(({ metadata: { namespace, name } }: never) => `${namespace}/${name}`))
      if (!metadata.continue) break
      expect(metadata.remainingItemCount).to.equal(10 - seen.length)
      path = `${base}/pods?limit=3&continue=${metadata.continue}`
    }
    expect(seen).to.deep.equal(pods)
  })

  it('says of a missing object whether it is unknown or only without a sample', async () => {
    feed(app, { 'a/p1': {} })
    app.knobs.nowMs = at(100)
    expect((await json(`${base}/namespaces/a/pods/nope`)).message).to.equal('pods "nope" not found')
    expect((await json(`${base}/namespaces/a/pods/p1`)).message).to.equal(
      'podmetrics.metrics.k8s.io "a/p1" not found',
    )
    expect((await json(`${base}/nodes/nope`)).message).to.equal('node "nope" not found')
    expect((await json(`${base}/nodes/n1`)).message).to.equal('nodemetrics.metrics.k8s.io "n1" not found')
  })

  it('is 503 with Retry-After, never an empty list, while nothing was read yet; discovery is there', async () => {
    app.knobs.nowMs = undefined
    for (const path of ['/nodes', '/pods', '/nodes/n1', '/namespaces/a/pods']) {
      const { status, headers } = await app.get(base + path)
      expect(status, path).to.equal(503)
      expect(headers['retry-after']).to.equal('5')
    }
    expect((await app.get(base)).status).to.equal(200)
  })

  it('knows its paths and methods, and nothing below or beside them', async () => {
    const status = async (path: string, method = 'GET') => (await askH2(app.session, { path, method })).status
    for (const path of [
      '/nodes/n1/status',
      '/pods/p1',
      '/namespaces/a/nodes',
      '/namespaces/a',
      '/secrets',
      '/watch/pods',
    ]) {
      expect(await status(base + path), path).to.equal(404)
    }
    expect(await status('/apis/metrics.k8s.io/v2/pods')).to.equal(404)
    expect(await status('/nope')).to.equal(404)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      expect(await status(`${base}/nodes`, method), method).to.equal(405)
    }
    expect(await status(`${base}/pods?watch=true`)).to.equal(405)
    expect(await status(`${base}/pods?limit=abc`)).to.equal(400)
    expect(await status(`${base}/pods?timeout=abc`)).to.equal(400)
    expect(await status(`${base}/pods?labelSelector=a)`)).to.equal(400)
    expect(await status(`${base}/%2e%2e%2f`)).to.equal(400)
  })

  it('lists its paths at / and to who asks for one that is not there', async () => {
    expect((await json('/')).paths).to.include.members(['/apis', '/openapi/v3', '/readyz', '/version'])
    expect((await json('/nope')).paths).to.include('/apis')
  })

  it('writes the same list as JSON, YAML, protobuf, a table, metadata only, and compressed', async () => {
    const pods = Array.from({ length: 1_500 }, (_, n) => `a/pod-${String(n).padStart(5, '0')}`)
    feed(app, Object.fromEntries(pods.map((pod) => [pod, { app: 'some-name' }])))
    const as = async (accept: string) => app.get(`${base}/pods`, { accept })
    const plain = await as('application/json')
    expect(JSON.parse(String(plain.body)).items).to.have.length(1_500)
    expect(String((await as('application/yaml')).body).match(/^- containers/gm)).to.have.length(1_500)
    const protobuf = await as('application/vnd.kubernetes.protobuf, */*')
    expect(protobuf.headers['content-type']).to.equal('application/vnd.kubernetes.protobuf')
    expect(protobuf.headers['content-length']).to.equal(String(protobuf.body.length))
    const table = JSON.parse(String((await as('application/json;as=Table;v=v1;g=meta.k8s.io')).body))
    expect(table.rows).to.have.length(1_500)
    const partial = JSON.parse(
      String((await as('application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')).body),
    )
    expect(partial.items).to.have.length(1_500)
    const zipped = await app.get(`${base}/pods`, { 'accept-encoding': 'gzip' })
    expect(zipped.headers).to.include({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(gunzipSync(zipped.body).equals(plain.body)).to.equal(true)
    for (const other of ['gzip;q=0', 'x-gzip', 'identity']) {
      const unzipped = await app.get(`${base}/pods`, { 'accept-encoding': other })
      expect(unzipped.headers, other).not.to.have.property('content-encoding')
    }
    expect((await app.get(`${base}/nodes`, { 'accept-encoding': 'gzip' })).headers).not.to.have.property(
      'content-encoding',
    )
  })

  it('answers those who ask for the same list at the same time alike', async () => {
    const pods = Array.from({ length: 3_000 }, (_, n) => `a/pod-${String(n).padStart(5, '0')}`)
    feed(app, Object.fromEntries(pods.map((pod) => [pod, { app: 'some-name' }])))
    for (const accept of [
      'application/json',
      'application/yaml',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    ]) {
      for (const encoding of ['identity', 'gzip']) {
        const headers = { accept, 'accept-encoding': encoding }
        const [one, two, three] = await Promise.all([1, 2, 3].map(() => app.get(`${base}/pods`, headers)))
        expect(one?.body.length).to.be.greaterThan(1_000)
        expect(two?.body.equals(one?.body as Buffer), `${accept} ${encoding}`).to.equal(true)
        expect(three?.body.equals(one?.body as Buffer), `${accept} ${encoding}`).to.equal(true)
      }
    }
  })

  it('gives equal bytes for equal records, whoever asks and whenever', async () => {
    feed(app, { 'a/p1': { b: '2', a: '1' }, 'a/p2': {} })
    const other = await startApp()
    feed(other, { 'a/p2': {}, 'a/p1': { a: '1', b: '2' } })
    other.knobs.nowMs = at(30)
    for (const accept of ['application/json', 'application/vnd.kubernetes.protobuf']) {
      const [one, two] = await Promise.all([app, other].map((each) => each.get(`${base}/pods`, { accept })))
      expect(one?.body.equals(two?.body as Buffer), accept).to.equal(true)
    }
    await other.close()
  })

  it('turns away who it does not know, who may not, and who pretends to be another', async () => {
    app.knobs.authentication = { status: 401, reason: 'a bad token' }
    const refused = await app.get(`${base}/nodes`)
    expect([refused.status, JSON.parse(String(refused.body)).message]).to.deep.equal([401, 'Unauthorized'])
    app.knobs.authentication = { status: 403, reason: 'impersonation is not supported', user: user() }
    expect((await app.get(`${base}/nodes`)).status).to.equal(403)
    app.knobs.authentication = { user: user(), via: 'certificate' }
    app.knobs.authorization = { decision: 'denied', reason: '' }
    expect((await json(`${base}/namespaces/ns/pods`)).message).to.equal(
      'pods.metrics.k8s.io is forbidden: User "somebody" cannot list resource "pods" in API group "metrics.k8s.io" in the namespace "ns"',
    )
    app.knobs.authorization = { decision: 'failed', message: 'no verdict' }
    expect((await app.get(`${base}/nodes`)).status).to.equal(500)
  })

  it('asks to come back while it is not known whom to trust, but answers probes', async () => {
    app.knobs.trustLoaded = false
    expect((await app.get(`${base}/nodes`)).status).to.equal(503)
    expect(String((await app.get('/readyz')).body)).to.equal('ok')
  })

  it('lets only so many in at a time, masters aside', async () => {
    app.knobs.authentication = { user: user(), via: 'certificate' }
    const gate = Promise.withResolvers<never>()
    app.knobs.authorization = gate.promise as never
    const first = app.get(`${base}/nodes`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = await app.get(`${base}/nodes`)
    expect(second.status).to.equal(429)
    expect(second.headers['retry-after']).to.equal('1')
    app.knobs.authentication = { user: user('system:masters'), via: 'certificate' }
    app.knobs.authorization = { decision: 'allowed' }
    expect((await app.get(`${base}/nodes`)).status).to.equal(200)
    gate.resolve({ decision: 'allowed' } as never)
    expect((await first).status).to.equal(200)
  })

  it('echoes an Audit-Id, or makes one', async () => {
    const id = '0f4a2b7e-aaaa-bbbb-cccc-0123456789ab'
    expect((await app.get('/readyz', { 'audit-id': id })).headers['audit-id']).to.equal(id)
    expect((await app.get('/readyz')).headers['audit-id']).to.match(/^[\da-f-]{36}$/)
  })

  it('answers 500 as a Status when something fails inside, and keeps the reason to itself', async () => {
    app.knobs.defect = new Error('secret')
    const { status, body } = await app.get(`${base}/nodes`)
    expect(status).to.equal(500)
    expect(String(body)).to.include('"kind":"Status"').and.not.include('secret')
    expect(app.failures).to.have.length(1)
  })

  it('answers 504 when a minute is over, or the time that the client gave it, and nothing after that', async () => {
    const waiting: (() => void)[] = []
    const slow = await startApp({
      authenticate: () =>
        new Promise((resolve) =>
          waiting.push(() => resolve({ user: user('system:masters'), via: 'anonymous' })),
        ),
    })
    feed(slow, {})
    for (const [query, ms] of [
      ['', 60_000],
      ['?timeout=2s', 2_000],
      ['?timeout=5m', 60_000],
    ] as const) {
      let status: number | undefined
      const got = slow.get(`${base}/nodes${query}`)
      void got.then((answer) => {
        status = answer.status
      })
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
      await slow.clock.advance(ms - 1)
      expect(status, query).to.equal(undefined)
      await slow.clock.advance(1)
      const { headers, body } = await got
      expect(headers[':status'], query).to.equal(504)
      expect(JSON.parse(String(body))).to.include({ reason: 'Timeout', code: 504 })
      waiting.pop()?.()
    }
    expect(slow.failures).to.deep.equal([])
    await slow.close()
  })

  it('ends an answer that is still being read when its time is over', async () => {
    const pods = Array.from({ length: 3_000 }, (_, n) => `a/pod-${n}`)
    feed(app, Object.fromEntries(pods.map((pod) => [pod, { app: 'x'.repeat(63) }])))
    const stream = app.session.request({ ':path': `${base}/pods?timeout=5s` })
    await once(stream, 'response')
    const closed = once(stream, 'close')
    await app.clock.advance(5_000)
    stream.resume()
    await closed
    expect(stream.rstCode).to.equal(http2.constants.NGHTTP2_CANCEL)
    expect((await app.get(`${base}/nodes`)).status).to.equal(200)
  })

  it('gives up a client that stops reading, and goes on for the others', async () => {
    const pods = Array.from({ length: 3_000 }, (_, n) => `a/pod-${n}`)
    feed(app, Object.fromEntries(pods.map((pod) => [pod, { app: 'x'.repeat(63) }])))
    const stream = app.session.request({ ':path': `${base}/pods` })
    await once(stream, 'response')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await app.get(`${base}/nodes`)).status).to.equal(200)
    const closed = once(stream, 'close')
    await app.clock.advance(30_000)
    stream.resume()
    await closed
    expect(stream.rstCode).to.equal(http2.constants.NGHTTP2_CANCEL)
    expect(app.slow).to.deep.equal([`${base}/pods`])
    expect((await app.get(`${base}/nodes`)).status).to.equal(200)
  })
})
