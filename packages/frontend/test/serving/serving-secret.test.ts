import { X509Certificate } from 'node:crypto'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { issueServingPair, makeAuthority } from '@metrics-ring/common/tls'
import { expect } from 'chai'
import { createApiServiceTrust } from '../../src/serving/api-service-trust.ts'
import {
  certificatesOf,
  dataOfState,
  type ServingFacts,
  type ServingState,
  servingStep,
  stateOfData,
} from '../../src/serving/serving-secret-state.ts'
import { rotateUnderLoad } from './rotation.ts'
import {
  apiServicePath,
  type ServingFixture,
  secretPath,
  startServingFixture,
} from './serving-secret-fixture.ts'

const dayMs = 86_400_000
const names = ['metrics-server.kube-system.svc']
const nowMs = Date.parse('2026-06-01T00:00:00Z')
const facts: ServingFacts = {
  nowMs,
  names,
  stoodMs: 0,
  overlapMs: 600_000,
  published: true,
  rotate: false,
}
const waited: ServingFacts = { ...facts, stoodMs: 600_000 }

async function madeAt(atMs: number): Promise<ServingState> {
  const authority = await makeAuthority('test', atMs, atMs + 365 * dayMs)
  const serving = await issueServingPair(authority, names, atMs, atMs + 90 * dayMs)
  return { authority, serving, bundle: authority.cert }
}

describe('the certificate that all replicas share', () => {
  it('is made where there is none, and made anew when its authority has ended', async () => {
    expect(servingStep(undefined, facts)).to.equal('create')
    expect(servingStep(await madeAt(nowMs - 366 * dayMs), facts)).to.equal('create')
    expect(servingStep(await madeAt(nowMs), facts)).to.equal('keep')
  })

  it('is renewed when it ends soon or lacks a name', async () => {
    const state = await madeAt(nowMs)
    expect(servingStep(state, { ...facts, nowMs: nowMs + 59 * dayMs })).to.equal('keep')
    expect(servingStep(state, { ...facts, nowMs: nowMs + 61 * dayMs })).to.equal('renew')
    expect(servingStep(state, { ...facts, names: ['metrics-ring.kube-system.svc'] })).to.equal('renew')
  })

  it('gets a new authority in steps, none before the overlap is over and the APIServices trust what comes', async () => {
    const state = await madeAt(nowMs)
    const { authority: next } = await madeAt(nowMs)
    expect(servingStep(state, { ...facts, rotate: true })).to.equal('announce')
    const announced = { ...state, next, bundle: state.bundle + next.cert }
    expect(servingStep(announced, facts)).to.equal('keep')
    expect(servingStep(announced, { ...waited, published: false })).to.equal('keep')
    expect(servingStep(announced, waited)).to.equal('switch')
    const switched = { ...state, bundle: announced.bundle }
    expect(servingStep(switched, facts)).to.equal('keep')
    expect(servingStep(switched, { ...waited, published: false })).to.equal('keep')
    expect(servingStep(switched, waited)).to.equal('retire')
  })

  it('gets one in time: 120 days before the old one ends', async () => {
    const state = await madeAt(nowMs - 246 * dayMs)
    const serving = await issueServingPair(state.authority, names, nowMs, nowMs + 90 * dayMs)
    expect(servingStep({ ...state, serving }, facts)).to.equal('announce')
  })

  it('survives the way into a Secret and back; half a Secret is none', async () => {
    const state = await madeAt(nowMs)
    const data = dataOfState({ ...state, next: state.authority })
    expect(stateOfData(data)).to.deep.equal({ ...state, next: state.authority })
    expect(stateOfData(dataOfState(state))).to.deep.equal(state)
    expect(stateOfData({})).to.equal(undefined)
    for (const key of ['ca.crt', 'ca.key', 'tls.crt', 'tls.key', 'ca-bundle.crt']) {
      expect(stateOfData({ ...data, [key]: '' }), key).to.equal(undefined)
    }
    expect(stateOfData({ ...data, 'tls.crt': Buffer.from('nonsense').toString('base64') })).to.equal(
      undefined,
    )
  })
})

describe('replicas that share a certificate in a Secret', function () {
  this.timeout(30_000)
  let fixture: ServingFixture
  beforeEach(async () => {
    fixture = await startServingFixture()
  })
  afterEach(() => fixture.close())

  type ApiService = { spec: { caBundle?: string; insecureSkipTLSVerify?: boolean } }
  async function specOf(version: string): Promise<ApiService['spec']> {
    const { body } = await fixture.admin.request('GET', apiServicePath(version))
    return (body as ApiService).spec
  }
  async function change(version: string, spec: Record<string, unknown>): Promise<void> {
    const contentType = 'application/merge-patch+json'
    await fixture.admin.request('PATCH', apiServicePath(version), { body: { spec }, contentType })
  }

  it('have one writer however many start at once, and both APIServices trust it', async () => {
    const pairs = await Promise.all(Array.from({ length: 6 }, () => fixture.sharer().look()))
    expect(new Set(pairs.map(({ cert }) => cert)).size).to.equal(1)
    const { body } = await fixture.admin.request('GET', secretPath)
    const state = stateOfData((body as { data: Record<string, string> }).data)
    const bundle = Buffer.from(state?.bundle ?? '').toString('base64')
    for (const version of ['v1', 'v1beta1']) expect((await specOf(version)).caBundle).to.equal(bundle)
    const [authority = ''] = certificatesOf(state?.bundle ?? '')
    const leaf = new X509Certificate(pairs[0]?.cert ?? '')
    expect(leaf.verify(new X509Certificate(authority).publicKey)).to.equal(true)
    expect(leaf.ca).to.equal(false)
  })

  it('fill a Secret that a manifest brought empty, keeping its labels', async () => {
    const labels = { 'app.kubernetes.io/name': 'metrics-ring' }
    const empty = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'metrics-ring-serving', labels } }
    await fixture.admin.request('POST', '/api/v1/namespaces/kube-system/secrets', { body: empty })
    const [first, second] = await Promise.all([fixture.sharer().look(), fixture.sharer().look()])
    expect(first).to.deep.equal(second)
    const { body } = await fixture.admin.request('GET', secretPath)
    expect((body as { metadata: { labels: unknown } }).metadata.labels).to.deep.equal(labels)
  })

  it('have verification switched on, and leave alone an APIService that leads elsewhere', async () => {
    await change('v1', { insecureSkipTLSVerify: true, caBundle: null })
    await change('v1beta1', { insecureSkipTLSVerify: true, caBundle: null, service: { name: 'another' } })
    await fixture.sharer().look()
    expect(await specOf('v1')).to.not.have.property('insecureSkipTLSVerify')
    expect((await specOf('v1')).caBundle).to.be.a('string')
    expect((await specOf('v1beta1')).insecureSkipTLSVerify).to.equal(true)
    expect((await specOf('v1beta1')).caBundle).to.equal(undefined)
  })

  it('put back what somebody else overwrites, at most once per 5 min, and then say so', async () => {
    const clock = createFakeClock()
    const told: string[] = []
    const trust = createApiServiceTrust({
      client: fixture.admin,
      clock,
      services: { namespace: 'kube-system', names: ['metrics-server'] },
      events: {
        contested: (name) => void told.push(`contested ${name}`),
        repaired: (name) => void told.push(`repaired ${name}`),
        failed: (name, error) => void told.push(`failed ${name}: ${error}`),
      },
    })
    const publish = async (bundle: string) => (await trust.look())(bundle)
    const { authority } = await madeAt(Date.now())
    expect(await publish(authority.cert)).to.equal(true)
    expect(told).to.deep.equal([])
    const overwrite = () => change('v1', { caBundle: Buffer.from('theirs').toString('base64') })
    await overwrite()
    expect(await publish(authority.cert)).to.equal(true)
    expect(told).to.deep.equal(['repaired v1.metrics.k8s.io'])
    await overwrite()
    expect(await publish(authority.cert)).to.equal(false)
    expect(await publish(authority.cert)).to.equal(false)
    expect(told.slice(1)).to.deep.equal(['contested v1.metrics.k8s.io'])
    await clock.advance(300_000)
    expect(await publish(authority.cert)).to.equal(true)
    expect(told.slice(2)).to.deep.equal(['repaired v1.metrics.k8s.io'])
    // A bundle of a rotation is no repair: it does not wait.
    const { authority: next } = await madeAt(Date.now())
    expect(await publish(next.cert)).to.equal(true)
    expect(told).to.have.length(3)
  })

  it('do not undo what was published while they were slow', async () => {
    const trust = createApiServiceTrust({
      client: fixture.admin,
      clock: createFakeClock(),
      services: { namespace: 'kube-system', names: ['metrics-server'] },
      events: { contested() {}, repaired() {}, failed() {} },
    })
    const [slow, quick] = [await trust.look(), await trust.look()]
    const [old, next] = [await madeAt(Date.now()), await madeAt(Date.now())]
    expect(await quick(next.authority.cert)).to.equal(true)
    expect(await slow(old.authority.cert)).to.equal(false)
    expect((await specOf('v1')).caBundle).to.equal(Buffer.from(next.authority.cert).toString('base64'))
  })

  it('rotate their authority under load without a failed request', async () => {
    const { requests, failures, steps } = await rotateUnderLoad(3, 4)
    console.log(`      ${requests} requests, ${steps.length} steps`)
    expect(failures.slice(0, 5)).to.deep.equal([])
    expect(steps.filter((step) => step === 'switch')).to.have.length(3)
  })
})
