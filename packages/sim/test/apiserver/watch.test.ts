import { expect } from 'chai'
import { type Fixture, node, pod, startFixture } from './harness.ts'

describe('a watch on the API server', () => {
  let fixture: Fixture
  before(async () => {
    fixture = await startFixture({ bookmarkIntervalMs: 40, historyLimit: 8 })
    fixture.plane.apiserver.sink.apply(node('n1'))
    fixture.plane.apiserver.sink.apply(node('n2'))
  })
  after(() => fixture.close())

  const summary = ({ type, object }: { type: string; object: { metadata: { name?: string } } }) =>
    `${type} ${object.metadata.name ?? ''}`

  it('goes on from the version of a list', async () => {
    const { admin, plane } = fixture
    const { json } = await admin.get('/api/v1/nodes')
    plane.apiserver.sink.apply(node('n3'))
    const stream = await admin.watch(
      `/api/v1/nodes?watch=true&resourceVersion=${json.metadata.resourceVersion}`,
    )
    plane.apiserver.sink.apply(node('n3', { changed: 'yes' }))
    plane.apiserver.sink.remove(node('n3'))
    const events = [await stream.next(), await stream.next(), await stream.next()]
    expect(events.map(summary)).to.deep.equal(['ADDED n3', 'MODIFIED n3', 'DELETED n3'])
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).to.deep.equal([...versions].sort((a, b) => a - b))
    expect(events[0].object.kind).to.equal('Node')
    stream.cancel()
  })

  it('without a version begins with what is', async () => {
    const stream = await fixture.admin.watch('/api/v1/nodes?watch=1')
    expect([await stream.next(), await stream.next()].map(summary)).to.deep.equal(['ADDED n1', 'ADDED n2'])
    stream.cancel()
  })

  it('opened with sendInitialEvents marks their end with a bookmark', async () => {
    const query =
      'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
    const stream = await fixture.admin.watch(`/api/v1/nodes?${query}`, { accept })
    const events = [await stream.next(), await stream.next(), await stream.next()]
    expect(events.map(summary)).to.deep.equal(['ADDED n1', 'ADDED n2', 'BOOKMARK '])
    expect(events.map(({ object }) => object.kind)).to.deep.equal(Array(3).fill('PartialObjectMetadata'))
    expect(events[2].object.metadata.annotations).to.deep.equal({ 'k8s.io/initial-events-end': 'true' })
    stream.cancel()
    const refused = await fixture.admin.get(`/api/v1/nodes?watch=true&sendInitialEvents=true`)
    expect(refused.status).to.equal(422)
  })

  it('sends bookmarks to those who allow them, and ends after timeoutSeconds', async () => {
    const version = fixture.plane.apiserver.storage.version()
    const path = `/api/v1/nodes?watch=true&resourceVersion=${version}&timeoutSeconds=1`
    const stream = await fixture.admin.watch(`${path}&allowWatchBookmarks=true`)
    const { type, object } = await stream.next()
    expect(type).to.equal('BOOKMARK')
    expect(object).to.have.all.keys('kind', 'apiVersion', 'metadata')
    await stream.closed
  })

  it('turns a pod that leaves its selector into DELETED, and one that enters into ADDED', async () => {
    const { sink } = fixture.plane.apiserver
    const stream = await fixture.admin.watch('/api/v1/pods?watch=true&fieldSelector=status.phase%3DRunning')
    sink.apply(pod('p', { phase: 'Pending' }))
    sink.apply(pod('p'))
    sink.apply(pod('p', { labels: { more: 'labels' } }))
    sink.apply(pod('p', { phase: 'Succeeded' }))
    sink.remove(pod('p'))
    sink.apply(pod('q'))
    const events = [await stream.next(), await stream.next(), await stream.next(), await stream.next()]
    expect(events.map(summary)).to.deep.equal(['ADDED p', 'MODIFIED p', 'DELETED p', 'ADDED q'])
    expect(events[2].object.status.phase).to.equal('Running')
    stream.cancel()
  })

  it('from a version that is forgotten is told 410 in an ERROR event', async () => {
    const { sink, expireHistory, storage } = fixture.plane.apiserver
    const old = storage.version()
    for (let n = 0; n < 30; n++) sink.apply(node('n1', { n: String(n) }))
    const stream = await fixture.admin.watch(`/api/v1/nodes?watch=true&resourceVersion=${old}`)
    expect(stream.status).to.equal(200)
    const { type, object } = await stream.next()
    expect([type, object.code, object.reason]).to.deep.equal(['ERROR', 410, 'Expired'])
    await stream.closed
    const recent = storage.version()
    expireHistory()
    const other = await fixture.admin.watch(`/api/v1/nodes?watch=true&resourceVersion=${recent}`)
    expect((await other.next()).object.code).to.equal(410)
  })

  it('can be stalled without a word, and dropped', async () => {
    const { sink, stallWatches, dropWatches, openWatches } = fixture.plane.apiserver
    const stream = await fixture.admin.watch('/api/v1/pods?watch=true&fieldSelector=metadata.name%3Ds')
    stallWatches(true, 'pods')
    sink.apply(pod('s'))
    const event = stream.next()
    const silence = new Promise((resolve) => setTimeout(resolve, 60, 'silence'))
    expect(await Promise.race([event, silence])).to.equal('silence')
    stallWatches(false)
    expect(summary(await event)).to.equal('ADDED s')
    dropWatches('pods')
    await stream.closed
    expect(openWatches('pods')).to.equal(0)
  })
})
