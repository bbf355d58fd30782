import type { KubeAnswer } from '@metrics-ring/common/kube/kube'
import { createFakeClock, type FakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { type RequestInfo, requestInfo } from '../../src/request/request-info.ts'
import { type Authorizer, createAuthorizer, defaultAlwaysAllowPaths } from '../../src/trust/authz.ts'
import type { User } from '../../src/trust/identity.ts'
import { createAccessReviewer } from '../../src/trust/subject-access-review.ts'
import { away, created, createReviewClient, type ReviewClient } from './review-client.ts'

const pods = '/apis/metrics.k8s.io/v1/namespaces/ns/pods'
const user = (part: Partial<User> = {}): User => ({ name: 'ann', groups: [], extra: {}, ...part })
const yes = () => created({ allowed: true })
const no = () => created({ allowed: false, reason: 'no rule' })

describe('the authorizer', () => {
  let clock: FakeClock
  let client: ReviewClient
  let authorize: Authorizer
  beforeEach(() => {
    clock = createFakeClock()
    client = createReviewClient()
    const access = createAccessReviewer({ client, clock, allowedTtlMs: 10_000, deniedTtlMs: 10_000 })
    authorize = createAuthorizer({ access, alwaysAllowPaths: defaultAlwaysAllowPaths })
  })
  const ask = async (url: string, who = user()) => {
    return (await authorize(who, requestInfo('GET', url) as RequestInfo)).decision
  }
  /** The decision of a question that needs time to pass. */
  async function outlast(decision: Promise<string>, ms: number): Promise<string> {
    await clock.advance(ms)
    return decision
  }

  it('lets masters do everything and anybody see the health of it all, without asking', async () => {
    expect(await ask(pods, user({ groups: ['system:masters'] }))).to.equal('allowed')
    for (const path of defaultAlwaysAllowPaths) expect(await ask(`${path}?verbose`)).to.equal('allowed')
    expect(client.asked).to.deep.equal([])
  })

  it('asks for what lies below an always-allowed path, or looks like one', async () => {
    client.answer(no)
    for (const path of ['/readyz/ping', '/readyz/', '//readyz', '/READYZ', '/metrics']) {
      expect(await ask(path), path).to.equal('denied')
    }
    expect(client.asked[0]).to.deep.equal({
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      spec: { nonResourceAttributes: { path: '/readyz/ping', verb: 'get' }, user: 'ann' },
    })
  })

  it('describes the user and the resource in full, without what is empty', async () => {
    client.answer(yes)
    await ask(`${pods}/p`, user({ uid: '7', groups: ['a,b', 'c'], extra: { z: ['1'], a: ['2', '3'] } }))
    expect(client.asked[0]?.spec).to.deep.equal({
      resourceAttributes: {
        ...{
          namespace: 'ns',
          verb: 'get',
          group: 'metrics.k8s.io',
          version: 'v1',
          resource: 'pods',
          name: 'p',
        },
      },
      user: 'ann',
      uid: '7',
      groups: ['a,b', 'c'],
      extra: { a: ['2', '3'], z: ['1'] },
    })
  })

  it('asks once for a hundred autoscalers that differ in their selectors', async () => {
    client.answer(yes)
    for (let n = 0; n < 100; n++) expect(await ask(`${pods}?labelSelector=app%3Da${n}`)).to.equal('allowed')
    expect(client.asked).to.have.length(1)
    expect(client.asked[0]?.spec.resourceAttributes).to.not.have.property('labelSelector')
  })

  it('asks again with the selectors when it was denied without', async () => {
    client.answer(({ spec }) => ('labelSelector' in (spec.resourceAttributes as object) ? yes() : no()))
    const query = 'labelSelector=app+in+(b,a),!x,y,z!%3D1,n>3&fieldSelector=metadata.name!%3Dp'
    expect(await ask(`${pods}?${query}`)).to.equal('allowed')
    expect(client.asked[1]?.spec.resourceAttributes).to.deep.include({
      fieldSelector: { requirements: [{ key: 'metadata.name', operator: 'NotIn', values: ['p'] }] },
      labelSelector: {
        requirements: [
          { key: 'app', operator: 'In', values: ['a', 'b'] },
          { key: 'x', operator: 'DoesNotExist' },
          { key: 'y', operator: 'Exists' },
          { key: 'z', operator: 'NotIn', values: ['1'] },
        ],
      },
    })
    expect(await ask(pods)).to.equal('denied')
    expect(await ask(`${pods}/p?labelSelector=a`)).to.equal('denied')
    expect(await ask(`${pods.replace('/namespaces', '/watch/namespaces')}?labelSelector=a`)).to.equal(
      'denied',
    )
  })

  it('remembers allowed and denied for their own times', async () => {
    client.answer(({ spec }) => (spec.user === 'ann' ? yes() : no()))
    for (const name of ['ann', 'bob']) {
      client.asked.length = 0
      await ask(pods, user({ name }))
      await clock.advance(9_999)
      await ask(pods, user({ name }))
      expect(client.asked).to.have.length(1)
      await clock.advance(1)
      await ask(pods, user({ name }))
      expect(client.asked).to.have.length(2)
    }
  })

  it('takes a denial over a permission', async () => {
    client.answer(() => created({ allowed: true, denied: true }))
    expect(await ask(pods)).to.equal('denied')
  })

  it('asks once for many who ask at the same time', async () => {
    let release = () => {}
    client.answer(() => new Promise<KubeAnswer>((resolve) => (release = () => resolve(yes()))))
    const all = Promise.all(Array.from({ length: 50 }, () => ask(pods)))
    await clock.advance(0)
    release()
    expect(new Set(await all)).to.deep.equal(new Set(['allowed']))
    expect(client.asked).to.have.length(1)
  })

  it('does not remember what is too large, but remembers users with a thousand groups', async () => {
    client.answer(yes)
    await ask(`${pods}/${'p'.repeat(10_000)}`)
    await ask(`${pods}/${'p'.repeat(10_000)}`)
    expect(client.asked).to.have.length(2)
    const groups = Array.from({ length: 1_000 }, (_, n) => `cn=team-${n},ou=people,dc=example,dc=org`)
    await ask(pods, user({ groups }))
    await ask(pods, user({ groups }))
    expect(client.asked).to.have.length(3)
  })

  it('fails, and says why, when the API server does not answer and nothing is known', async () => {
    expect(await outlast(ask(pods), 10_000)).to.equal('failed')
    expect(client.asked).to.have.length(5)
  })
})

describe('the authorizer, while the API server is away', () => {
  let clock: FakeClock
  let client: ReviewClient
  let authorize: Authorizer
  const narrow = `${pods}?labelSelector=app%3Da`
  beforeEach(async () => {
    clock = createFakeClock()
    client = createReviewClient()
    const access = createAccessReviewer({ client, clock, allowedTtlMs: 10_000, deniedTtlMs: 10_000 })
    authorize = createAuthorizer({ access, alwaysAllowPaths: [] })
    client.answer(yes)
    expect((await start(pods)).decision).to.equal('allowed')
    client.answer(away)
  })
  const start = (url: string) => authorize(user(), requestInfo('GET', url) as RequestInfo)
  async function after(ms: number, url = pods): Promise<string> {
    const { decision } = (await Promise.all([start(url), clock.advance(ms)]))[0]
    return decision
  }

  it('goes on allowing what it allowed, for a minute', async () => {
    for (let seconds = 15; seconds < 60; seconds += 15) {
      await clock.advance(15_000)
      expect(await after(0)).to.equal('allowed')
    }
    await clock.advance(15_001)
    expect(await after(10_000)).to.equal('failed')
  })

  it('waits no longer than a second for an API server that hangs', async () => {
    client.answer(() => new Promise(() => {}))
    await clock.advance(20_000)
    expect(await after(1_000)).to.equal('allowed')
  })

  it('holds no denial back: once it is spoken, nothing is left to fall back on', async () => {
    await clock.advance(20_000)
    client.answer(no)
    expect(await after(0)).to.equal('denied')
    client.answer(away)
    await clock.advance(20_000)
    expect(await after(10_000)).to.equal('failed')
  })

  it('does not fall back when the API server refuses to judge', async () => {
    await clock.advance(20_000)
    client.answer(() => ({ status: 403, body: {} }))
    expect(await after(0)).to.equal('failed')
  })

  it('also remembers what was allowed only with its selectors', async () => {
    client.answer(({ spec }) => ('labelSelector' in (spec.resourceAttributes as object) ? yes() : no()))
    await clock.advance(20_000)
    expect(await after(0, narrow)).to.equal('allowed')
    client.answer(away)
    await clock.advance(20_000)
    expect(await after(10_000, narrow)).to.equal('allowed')
  })
})
