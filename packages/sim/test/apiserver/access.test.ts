import { expect } from 'chai'
import { serviceAccounts } from '../../src/apiserver/bootstrap-policy.ts'
import { createClient, type Fixture, lease, startFixture } from './harness.ts'

describe('access to the API server', () => {
  let fixture: Fixture
  before(async () => {
    fixture = await startFixture()
  })
  after(() => fixture.close())

  const as = (account: string, label?: string) =>
    createClient(fixture.plane, fixture.plane.apiserver.tokens.issueForServiceAccount(account, label))

  it('is anonymous without credentials, and 401 with wrong ones', async () => {
    const nobody = createClient(fixture.plane)
    expect((await nobody.get('/healthz')).text).to.equal('ok')
    const refused = await nobody.get('/api/v1/nodes')
    expect(refused.status).to.equal(403)
    expect(refused.json.message).to.equal(
      'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope',
    )
    const wrong = await createClient(fixture.plane, 'no-such-token').get('/healthz')
    expect([wrong.status, wrong.json.message]).to.deep.equal([401, 'Unauthorized'])
    nobody.close()
  })

  it('is what the roles of a ServiceAccount allow', async () => {
    const shard = as(serviceAccounts.shard)
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'
    expect((await shard.get('/api/v1/nodes')).status).to.equal(200)
    expect((await shard.send('POST', leases, lease('s'))).status).to.equal(201)
    expect((await shard.get('/apis/coordination.k8s.io/v1/namespaces/default/leases')).status).to.equal(403)
    expect((await shard.get('/api/v1/secrets')).status).to.equal(403)
    shard.close()
  })

  it('to the one ConfigMap is by its name, also in a list', async () => {
    const frontend = as(serviceAccounts.frontend)
    const path = '/api/v1/namespaces/kube-system/configmaps'
    const one = await frontend.get(`${path}?fieldSelector=metadata.name%3Dextension-apiserver-authentication`)
    expect(one.json.items[0].data['requestheader-allowed-names']).to.equal('["front-proxy-client"]')
    const account = as('kube-system:nobody')
    expect((await account.get(path)).status).to.equal(403)
    account.close()
    frontend.close()
  })

  it('follows roles as they are applied', async () => {
    const { sink } = fixture.plane.apiserver
    const reader = as('default:reader')
    expect((await reader.get('/api/v1/secrets')).status).to.equal(403)
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' }
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }]
    sink.apply({ ...rbac, kind: 'ClusterRole', metadata: { name: 'secret-reader' }, rules })
    const subjects = [{ kind: 'ServiceAccount', namespace: 'default', name: 'reader' }]
    const roleRef = { kind: 'ClusterRole', name: 'secret-reader' }
    sink.apply({
      ...rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'secret-reader' },
      roleRef,
      subjects,
    })
    expect((await reader.get('/api/v1/secrets')).status).to.equal(200)
    reader.close()
  })

  it('is told to delegates by TokenReview and SubjectAccessReview', async () => {
    const frontend = as(serviceAccounts.frontend)
    const token = fixture.plane.apiserver.tokens.issueForServiceAccount('default:viewer')
    const review = (value: string) =>
      frontend.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: value } })
    const { status } = (await review(token)).json
    expect(status.authenticated).to.equal(true)
    expect(status.user.username).to.equal('system:serviceaccount:default:viewer')
    expect(status.user.groups).to.include('system:serviceaccounts:default')
    expect((await review('other')).json.status).to.not.have.property('authenticated')

    const ask = async (user: string, resourceAttributes: unknown) => {
      const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
      return (await frontend.send('POST', path, { spec: { user, groups: [], resourceAttributes } })).json
        .status
    }
    const metrics = { verb: 'list', group: 'metrics.k8s.io', version: 'v1', resource: 'pods' }
    expect((await ask('system:serviceaccount:default:viewer', metrics)).allowed).to.equal(true)
    const hpa = 'system:serviceaccount:kube-system:horizontal-pod-autoscaler'
    expect((await ask(hpa, metrics)).allowed).to.equal(true)
    expect((await ask(hpa, { ...metrics, verb: 'get' })).allowed).to.equal(false)
    frontend.close()
  })

  it('reads reviews in the protobuf that Go clients send', async () => {
    const token = fixture.plane.apiserver.tokens.issueForServiceAccount('default:viewer')
    const field = (number: number, ...content: Buffer[]) => {
      const value = Buffer.concat(content)
      return Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value])
    }
    const spec = field(2, field(1, Buffer.from(token)))
    const body = Buffer.concat([Buffer.from('6b387300', 'hex'), field(2, spec)])
    const { decodeReview } = await import('../../src/apiserver/review-protobuf.ts')
    expect(decodeReview('TokenReview', body)).to.deep.equal({ token })
    expect(() => decodeReview('TokenReview', Buffer.from('{}'))).to.throw(/prefix/)
  })

  it('can be taken from one of two that share an account', async () => {
    const { cutOff, restore, counters } = fixture.plane.apiserver
    const [one, other] = [as(serviceAccounts.shard, 'shard-1'), as(serviceAccounts.shard, 'shard-2')]
    cutOff('shard-1')
    const failure = await one.get('/api/v1/nodes').then(
      () => 'answered',
      () => 'refused',
    )
    expect(failure).to.equal('refused')
    expect((await other.get('/api/v1/nodes')).status).to.equal(200)
    restore('shard-1')
    expect((await one.get('/api/v1/nodes')).status).to.equal(200)
    expect(counters.requests({ verb: 'list', resource: 'nodes', client: 'shard-2' })).to.equal(1)
    one.close()
    other.close()
  })

  it('fails for all in an outage, and comes back at the same address', async () => {
    const { setOutage } = fixture.plane.apiserver
    setOutage({ status: 503 })
    expect((await fixture.admin.get('/api/v1/nodes')).status).to.equal(503)
    setOutage('down')
    const down = await fixture.admin.get('/api/v1/nodes').then(
      () => 'answered',
      () => 'refused',
    )
    expect(down).to.equal('refused')
    setOutage(undefined)
    expect((await fixture.admin.get('/api/v1/nodes')).status).to.equal(200)
  })
})
