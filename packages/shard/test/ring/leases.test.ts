import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { type ControlPlane, startControlPlane } from '@metrics-ring/sim/control-plane'
import { expect } from 'chai'
import { createLeaseApi } from '../../src/ring/leases.ts'

const collection = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases'

describe('the Leases of a ring', () => {
  let plane: ControlPlane
  let client: KubeClient
  before(async () => {
    plane = await startControlPlane()
    const kubeconfig = plane.serviceAccountKubeconfig('kube-system:metrics-ring-shard')
    client = createKubeClient(await loadKubeConfig(kubeconfig))
  })
  after(async () => {
    await client.close()
    await plane.close()
  })
  const clock = createFakeClock()
  let rings = 0
  const ring = () => `ring-${rings++}`
  const api = (ringName: string, shard: string, uid = 'uid') =>
    createLeaseApi({
      client,
      clock,
      wallMs: () => 1_700_000_000_000,
      namespace: 'kube-system',
      ringName,
      shard,
      holder: `${shard}_${uid}`,
      leaseMs: 20_000,
      requestMs: 4_000,
    })

  it('show, right after a renewal, that renewal and the peers', async () => {
    const name = ring()
    const [a, b] = [api(name, 'a'), api(name, 'b')]
    await b.renew('active')
    const written = await a.renew('active')
    const listed = await a.list(written.resourceVersion)
    expect(listed.map(({ shard }) => shard)).to.have.members(['a', 'b'])
    expect(listed.find(({ shard }) => shard === 'a')).to.include({
      renewTime: written.renewTime,
      durationMs: 20_000,
    })
  })

  it('change with every renewal, even within one millisecond', async () => {
    const a = api(ring(), 'a')
    const times = [await a.renew('active'), await a.renew('active'), await a.renew('active')]
    expect(new Set(times.map(({ renewTime }) => renewTime)).size).to.equal(3)
  })

  it('say when a shard drains, and are gone after its release', async () => {
    const name = ring()
    const [a, b] = [api(name, 'a'), api(name, 'b')]
    await a.renew('active')
    await a.renew('draining')
    const seen = async () =>
      (await b.list((await b.renew('active')).resourceVersion)).map((l) => `${l.shard} ${l.state}`)
    expect(await seen()).to.have.members(['a draining', 'b active'])
    await a.release()
    expect(await seen()).to.deep.equal(['b active'])
  })

  it('are written on after somebody else has touched or deleted ours', async () => {
    const name = ring()
    const a = api(name, 'a')
    await a.renew('active')
    const { body } = await client.request('GET', `${collection}/${name}-a`)
    const touched = body as { metadata: { labels: Record<string, string> } }
    touched.metadata.labels.touched = 'yes'
    expect((await client.request('PUT', `${collection}/${name}-a`, { body: touched })).status).to.equal(200)
    await a.renew('active')
    await client.request('DELETE', `${collection}/${name}-a`)
    await a.renew('active')
  })

  it('of our name held by another are taken over only when it has been still for its duration', async () => {
    const name = ring()
    const old = api(name, 'a', 'old')
    const young = api(name, 'a', 'young')
    const attempt = () =>
      young.renew('active').then(
        () => 'taken',
        (error) => error.code,
      )
    await old.renew('active')
    expect(await attempt()).to.equal('lease_held')
    await clock.advance(19_000)
    await old.renew('active')
    expect(await attempt()).to.equal('lease_held')
    await clock.advance(20_000)
    expect(await attempt()).to.equal('taken')
    expect(await old.renew('active').catch((error) => error.code)).to.equal('lease_held')
  })

  it('of others are removed only as they were seen', async () => {
    const name = ring()
    const [a, dead] = [api(name, 'a'), api(name, 'dead')]
    await dead.renew('active')
    const listed = await a.list((await a.renew('active')).resourceVersion)
    const lease = listed.find(({ shard }) => shard === 'dead')
    if (!lease) throw new Error('not listed')
    await dead.renew('active')
    await a.collect(lease)
    expect(await a.list((await a.renew('active')).resourceVersion)).to.have.length(2)
    await a.collect({ ...lease, resourceVersion: (await dead.renew('active')).resourceVersion })
    expect(await a.list((await a.renew('active')).resourceVersion)).to.have.length(1)
  })

  it('that are foreign or cannot be read are ignored', async () => {
    const name = ring()
    const a = api(name, 'a')
    const labels = { 'metrics-ring.io/ring': name, 'app.kubernetes.io/component': 'shard' }
    const lease = (leaseName: string, spec: unknown) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: leaseName, namespace: 'kube-system', labels },
      spec,
    })
    for (const [leaseName, spec] of [
      [`${name}-empty`, {}],
      [`${name}-zero`, { holderIdentity: 'x', renewTime: 'now', leaseDurationSeconds: 0 }],
      [`other-${name}`, { holderIdentity: 'x', renewTime: 'now', leaseDurationSeconds: 15 }],
    ] as const) {
      plane.apiserver.sink.apply(lease(leaseName, spec))
    }
    expect((await a.list((await a.renew('active')).resourceVersion)).map(({ shard }) => shard)).to.deep.equal(
      ['a'],
    )
  })

  it('cannot be renewed while the API server is away, and say so', async () => {
    const a = api(ring(), 'a')
    await a.renew('active')
    plane.apiserver.setOutage('down')
    expect(await a.renew('active').catch((error) => error.code)).to.equal('kube_unreachable')
    plane.apiserver.setOutage({ status: 503 })
    expect(await a.renew('active').catch((error) => error.code)).to.equal('kube_503')
    plane.apiserver.setOutage(undefined)
    await a.renew('active')
  })
})
