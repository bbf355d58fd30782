import { expect } from 'chai'
import { type Fixture, lease, startFixture } from './harness.ts'

describe('a write to the API server', () => {
  let fixture: Fixture
  before(async () => {
    fixture = await startFixture()
  })
  after(() => fixture.close())

  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'

  it('creates a Lease once', async () => {
    const made = await fixture.admin.send('POST', leases, lease('once'))
    expect(made.status).to.equal(201)
    expect(made.json.metadata.uid).to.be.a('string')
    const again = await fixture.admin.send('POST', leases, lease('once'))
    expect([again.status, again.json.reason]).to.deep.equal([409, 'AlreadyExists'])
    expect(again.json.message).to.equal('leases.coordination.k8s.io "once" already exists')
  })

  it('lets one of two writers win', async () => {
    const { json: read } = await fixture.admin.send('POST', leases, lease('contended'))
    const mine = { ...read, spec: { ...read.spec, holderIdentity: 'me' } }
    const yours = { ...read, spec: { ...read.spec, holderIdentity: 'you' } }
    const renewed = await fixture.admin.send('PUT', `${leases}/contended`, yours)
    expect(renewed.status).to.equal(200)
    expect(renewed.json.metadata.resourceVersion).to.not.equal(read.metadata.resourceVersion)
    const lost = await fixture.admin.send('PUT', `${leases}/contended`, mine)
    expect([lost.status, lost.json.reason]).to.deep.equal([409, 'Conflict'])
    expect(lost.json.message).to.match(/the object has been modified/)
  })

  it('demands a version for a Lease that exists, and makes one that does not', async () => {
    expect((await fixture.admin.send('PUT', `${leases}/fresh`, lease('fresh'))).status).to.equal(201)
    expect((await fixture.admin.send('PUT', `${leases}/fresh`, lease('fresh'))).status).to.equal(422)
    const stale = { ...lease('gone'), metadata: { name: 'gone', uid: 'u', resourceVersion: '5' } }
    expect((await fixture.admin.send('PUT', `${leases}/gone`, stale)).status).to.equal(409)
  })

  it('without a change changes no version', async () => {
    const { json: read } = await fixture.admin.send('POST', leases, lease('same'))
    const { json: put } = await fixture.admin.send('PUT', `${leases}/same`, read)
    expect(put.metadata.resourceVersion).to.equal(read.metadata.resourceVersion)
  })

  it('refuses a Lease whose time is no MicroTime, or whose duration is nothing', async () => {
    const wrongTime = lease('bad', { renewTime: new Date().toISOString() })
    expect((await fixture.admin.send('POST', leases, wrongTime)).status).to.equal(400)
    const noDuration = lease('bad', { leaseDurationSeconds: 0 })
    expect((await fixture.admin.send('POST', leases, noDuration)).status).to.equal(422)
  })

  it('patches in three formats', async () => {
    await fixture.admin.send('POST', leases, lease('patched'))
    const patch = (format: string, body: unknown) =>
      fixture.admin.send('PATCH', `${leases}/patched`, body, { 'content-type': `application/${format}` })
    await patch('merge-patch+json', { metadata: { labels: { a: '1', b: '2' } } })
    await patch('strategic-merge-patch+json', { metadata: { labels: { b: null } } })
    const { json } = await patch('json-patch+json', [
      { op: 'replace', path: '/spec/holderIdentity', value: 'j' },
    ])
    expect(json.metadata.labels).to.deep.equal({ a: '1' })
    expect(json.spec.holderIdentity).to.equal('j')
    expect((await patch('apply-patch+yaml', {})).status).to.equal(415)
  })

  it('deletes only what the preconditions name', async () => {
    const { json: read } = await fixture.admin.send('POST', leases, lease('doomed'))
    const remove = (preconditions: unknown) =>
      fixture.admin.send('DELETE', `${leases}/doomed`, { preconditions })
    expect((await remove({ uid: 'another' })).status).to.equal(409)
    expect((await remove({ resourceVersion: '1' })).status).to.equal(409)
    const { uid, resourceVersion } = read.metadata
    expect((await remove({ uid, resourceVersion })).status).to.equal(200)
    expect((await remove({ uid })).status).to.equal(404)
  })

  it('keeps status and the rest apart where there is a subresource', async () => {
    const path = '/api/v1/nodes'
    await fixture.admin.send('POST', path, {
      kind: 'Node',
      apiVersion: 'v1',
      metadata: { name: 'n' },
      status: { a: 1 },
    })
    const status = {
      kind: 'Node',
      apiVersion: 'v1',
      metadata: { name: 'n' },
      spec: { x: 1 },
      status: { a: 2 },
    }
    await fixture.admin.send('PUT', `${path}/n/status`, status)
    const { json } = await fixture.admin.send('PUT', `${path}/n`, { ...status, status: { a: 3 } })
    expect([json.status, json.spec]).to.deep.equal([{ a: 2 }, { x: 1 }])
  })
})
