import { createFakeClock, type FakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { createTokenReviewer, type TokenReviewer } from '../../src/trust/token-review.ts'
import { away, created, createReviewClient, type ReviewClient } from './review-client.ts'

const ann = { username: 'ann', uid: '7', groups: ['ops'], extra: { scopes: ['a'] } }
const yes = () => created({ authenticated: true, user: ann })
const no = () => created({ authenticated: false, error: 'unknown token' })

describe('the review of a bearer token', () => {
  let clock: FakeClock
  let client: ReviewClient
  let reviewToken: TokenReviewer
  beforeEach(() => {
    clock = createFakeClock()
    client = createReviewClient()
    reviewToken = createTokenReviewer({ client, clock, ttlMs: 10_000 })
  })
  /** The outcome of an attempt that needs time to pass. */
  async function outlast(attempt: Promise<unknown>, ms: number): Promise<unknown> {
    const outcome = attempt.catch((error: { code: string }) => error.code)
    await clock.advance(ms)
    return outcome
  }

  it('asks the API server and gives the user it names', async () => {
    client.answer(yes)
    expect(await reviewToken('t')).to.deep.equal({
      user: {
        name: 'ann',
        uid: '7',
        groups: ['ops'],
        extra: Object.assign(Object.create(null), { scopes: ['a'] }),
      },
    })
    expect(client.asked).to.deep.equal([
      { path: '/apis/authentication.k8s.io/v1/tokenreviews', spec: { token: 't' } },
    ])
  })

  it('remembers a verdict, good or bad, for its time and no longer', async () => {
    for (const [token, answer] of Object.entries({ good: yes, bad: no })) {
      client.asked.length = 0
      client.answer(answer)
      await reviewToken(token)
      await clock.advance(9_999)
      await reviewToken(token)
      expect(client.asked).to.have.length(1)
      await clock.advance(1)
      await reviewToken(token)
      expect(client.asked).to.have.length(2)
    }
  })

  it('keeps bad tokens apart from good ones', async () => {
    client.answer(({ spec }) => (spec.token === 'good' ? yes() : no()))
    expect(await reviewToken('good')).to.have.property('user')
    expect(await reviewToken('good2')).to.deep.equal({ refused: 'unknown token' })
    expect(await reviewToken('good')).to.have.property('user')
  })

  it('asks once for many who ask at the same time', async () => {
    let release = () => {}
    client.answer(() => new Promise((resolve) => (release = () => resolve(yes()))))
    const all = Promise.all(Array.from({ length: 50 }, () => reviewToken('t')))
    await clock.advance(0)
    release()
    expect((await all).every((verdict) => 'user' in verdict)).to.equal(true)
    expect(client.asked).to.have.length(1)
  })

  it('tries again after 500, 429 and silence, and gives up after five tries', async () => {
    const answers = [500, 429, 0, 504].map((status) => () => (status ? { status, body: {} } : away()))
    client.answer(() => (answers.shift() ?? yes)())
    expect(await outlast(reviewToken('t'), 5_000)).to.have.property('user')
    client.asked.length = 0
    client.answer(away)
    expect(await outlast(reviewToken('u'), 5_000)).to.equal('review_unavailable')
    expect(client.asked).to.have.length(5)
  })

  it('does not try again what the API server refuses, and does not remember it', async () => {
    client.answer(() => ({ status: 403, body: { message: 'no right to ask' } }))
    expect(await outlast(reviewToken('t'), 0)).to.equal('review_failed')
    client.answer(yes)
    expect(await reviewToken('t')).to.have.property('user')
    expect(client.asked).to.have.length(2)
  })

  it('takes no more than ten seconds, whatever Retry-After asks for', async () => {
    client.answer(() => ({ status: 429, retryAfterMs: 4_000, body: {} }))
    expect(await outlast(reviewToken('t'), 10_000)).to.equal('review_unavailable')
    expect(client.asked).to.have.length(3)
  })

  it('is refused when nobody is named', async () => {
    client.answer(() => created({ authenticated: true, user: {} }))
    expect(await reviewToken('t')).to.deep.equal({ refused: 'not authenticated' })
  })

  it('does not pass a flood of tokens on to the API server', async () => {
    client.answer(no)
    const flood = Array.from({ length: 3_000 }, (_, n) => reviewToken(`t${n}`).catch(() => 'refused'))
    await clock.advance(0)
    expect(client.asked).to.have.length(400)
    await clock.advance(1_000)
    expect(client.asked.length).to.be.within(599, 601)
    await clock.advance(10_000)
    await Promise.all(flood)
    expect(client.asked.length).to.be.within(1_399, 1_401)
  })
})
