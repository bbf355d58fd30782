import { expect } from 'chai'
import { type Fixture, names, node, pod, startFixture } from './harness.ts'

describe('a list from the API server', () => {
  let fixture: Fixture
  before(async () => {
    fixture = await startFixture({ versionWaitMs: 80 })
    const { sink } = fixture.plane.apiserver
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      sink.apply(pod(name, { labels: { app: name, tier: 'web' }, node: name < 'c' ? 'n1' : 'n2' }))
    }
    sink.apply(pod('f', { namespace: 'kube-system', phase: 'Pending' }))
  })
  after(() => fixture.close())

  const pods = '/api/v1/pods'

  it('has every item in order, without kind and apiVersion in items, under a resourceVersion', async () => {
    const { json } = await fixture.admin.get(pods)
    expect(json.kind).to.equal('PodList')
    expect(json.items).to.have.length(6)
    expect(json.items[0]).to.not.have.property('kind')
    expect(json.items[0].metadata.uid).to.be.a('string')
    expect(Number(json.metadata.resourceVersion)).to.be.greaterThan(0)
  })

  const cases: [selector: string, found: string][] = [
    ['labelSelector=app=a', 'a'],
    ['labelSelector=app+in+(a,b),tier', 'a,b'],
    ['labelSelector=app+notin+(a,b)', 'c,d,e,f'],
    ['labelSelector=app!=a,tier==web', 'b,c,d,e'],
    ['labelSelector=!app', 'f'],
    ['fieldSelector=spec.nodeName=n1', 'a,b,f'],
    ['fieldSelector=status.phase!=Running', 'f'],
    ['fieldSelector=metadata.namespace=kube-system,metadata.name=f', 'f'],
  ]
  for (const [selector, found] of cases) {
    it(`by ${selector} finds ${found}`, async () => {
      expect(names(await fixture.admin.get(`${pods}?${selector}`)).join()).to.equal(found)
    })
  }

  it('refuses selectors it cannot read', async () => {
    for (const bad of [
      'labelSelector=a+in+b',
      'labelSelector=a=(',
      'fieldSelector=spec.x=1',
      'fieldSelector=x',
      'limit=x',
    ]) {
      expect((await fixture.admin.get(`${pods}?${bad}`)).status, bad).to.equal(400)
    }
  })

  it('comes in pages of one snapshot', async () => {
    const first = await fixture.admin.get(`${pods}?limit=4`)
    expect(names(first)).to.deep.equal(['a', 'b', 'c', 'd'])
    expect(first.json.metadata.remainingItemCount).to.equal(2)
    fixture.plane.apiserver.sink.apply(pod('ab'))
    const second = await fixture.admin.get(`${pods}?limit=4&continue=${first.json.metadata.continue}`)
    expect(names(second)).to.deep.equal(['e', 'f'])
    expect(second.json.metadata.resourceVersion).to.equal(first.json.metadata.resourceVersion)
    expect(second.json.metadata).to.not.have.property('continue')
    fixture.plane.apiserver.sink.remove(pod('ab'))
  })

  it('ignores the limit at resourceVersion 0, as a watch cache does', async () => {
    expect(names(await fixture.admin.get(`${pods}?limit=2&resourceVersion=0`))).to.have.length(6)
  })

  it('waits for a version that is yet to come, and says 504 if it does not', async () => {
    const { storage, sink } = fixture.plane.apiserver
    const query = (version: number) => `${pods}?resourceVersion=${version}&resourceVersionMatch=NotOlderThan`
    const pending = fixture.admin.get(query(storage.version() + 1))
    setTimeout(() => sink.apply(node('n9')), 20)
    expect((await pending).status).to.equal(200)
    const late = await fixture.admin.get(query(storage.version() + 100))
    expect(late.status).to.equal(504)
    expect(late.json.message).to.match(/Too large resource version/)
  })

  it('at an exact version shows what was, until that is forgotten', async () => {
    const { storage, sink, expireHistory } = fixture.plane.apiserver
    const version = storage.version()
    sink.apply(pod('z'))
    sink.remove(pod('a'))
    const path = `${pods}?resourceVersion=${version}&resourceVersionMatch=Exact`
    expect(names(await fixture.admin.get(path)).join()).to.equal('a,b,c,d,e,f')
    sink.apply(pod('a', { labels: { app: 'a', tier: 'web' } }))
    sink.remove(pod('z'))
    const { json } = await fixture.admin.get(`${pods}?limit=2`)
    expireHistory()
    expect((await fixture.admin.get(path)).status).to.equal(410)
    expect((await fixture.admin.get(`${pods}?limit=2&continue=${json.metadata.continue}`)).status).to.equal(
      410,
    )
  })

  it('gives metadata only when asked for it, and other forms are refused by name', async () => {
    const partial = (type: string) => `${type};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`
    const [json, protobuf] = ['application/json', 'application/vnd.kubernetes.protobuf'].map(partial)
    const path = `${pods}?labelSelector=app=b`
    const first = await fixture.admin.get(path, { accept: `${json},${protobuf}` })
    expect(first.json.kind).to.equal('PartialObjectMetadataList')
    expect(first.json.items[0]).to.have.all.keys('kind', 'apiVersion', 'metadata')
    const second = await fixture.admin.get(path, { accept: `${protobuf},${json},application/json` })
    expect(second.headers['content-type']).to.equal('application/vnd.kubernetes.protobuf')
    expect(second.text)
      .to.match(/^k8s\0/)
      .and.include('PartialObjectMetadataList')
      .and.not.include('status')
    const refused = await fixture.admin.get(pods, { accept: 'application/vnd.kubernetes.protobuf' })
    expect(refused.status).to.equal(406)
  })

  it('answers for what is not there as the real one does', async () => {
    const gone = await fixture.admin.get('/api/v1/namespaces/default/pods/none')
    expect([gone.status, gone.json.message]).to.deep.equal([404, 'pods "none" not found'])
    expect(names(await fixture.admin.get('/api/v1/namespaces/nowhere/pods'))).to.deep.equal([])
    expect((await fixture.admin.get('/api/v1/nothings')).status).to.equal(404)
    expect((await fixture.admin.send('DELETE', pods)).status).to.equal(405)
    expect((await fixture.admin.get(`${pods}?resourceVersionMatch=Exact`)).status).to.equal(422)
  })
})
