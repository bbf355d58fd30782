import http2 from 'node:http2'
import tls from 'node:tls'
import { expect } from 'chai'
import { defaultIdentityHeaders } from '../../src/trust/identity.ts'
import { parseBundle, type TrustConfig } from '../../src/trust/trust.ts'
import { type Authority, authority, issue, type Pair, usage } from '../pki.ts'
import { type ReviewServer, startReviewServer } from './review-server.ts'
import {
  type Ask,
  http1,
  onSession,
  overHttp2,
  type Secured,
  startSecured,
  statusOn,
} from './secured-fixture.ts'

const remote = { 'x-remote-user': 'ann', 'x-remote-group': 'ops' }
const mastersRemote = { 'x-remote-user': 'ann', 'x-remote-group': 'system:masters' }

describe('the ways in', () => {
  let proxyCa: Authority
  let clientCa: Authority
  let proxy: Pair
  let trust: TrustConfig
  let reviews: ReviewServer
  let secured: Secured

  const trustOf = (requestHeader: Authority, client: Authority): TrustConfig => ({
    clientCa: parseBundle(client.cert),
    requestHeader: {
      ca: parseBundle(requestHeader.cert),
      allowedNames: ['front-proxy-client'],
      headers: defaultIdentityHeaders,
    },
  })
  const proxyWith = (extras: Parameters<typeof issue>[2]) => issue(proxyCa, 'CN=front-proxy-client', extras)

  before(async () => {
    proxyCa = await authority('front-proxy-ca')
    clientCa = await authority('kubernetes')
    proxy = await issue(proxyCa, 'CN=front-proxy-client')
    trust = trustOf(proxyCa, clientCa)
  })
  beforeEach(async () => {
    reviews = await startReviewServer()
    secured = await startSecured(trust, reviews)
  })
  afterEach(async () => {
    await secured.close()
    await reviews.close()
  })

  for (const [version, client] of Object.entries({ 'HTTP/1.1': http1, 'HTTP/2': overHttp2 })) {
    describe(`over ${version}`, () => {
      const ask = (what: Ask = {}) => client(secured.port, what)
      const statusOf = async (what: Ask) => (await ask(what)).status

      it('open to the front proxy, for the user it names', async () => {
        reviews.mayAll.add('ann')
        const got = await ask({ pair: proxy, headers: remote })
        expect(got).to.deep.include({ status: 200, via: 'front_proxy' })
        expect(got.user).to.deep.include({ name: 'ann', groups: ['ops', 'system:authenticated'] })
      })

      it('make nobody of X-Remote-User without a certificate', async () => {
        const got = await ask({ headers: mastersRemote })
        expect(got).to.deep.include({ status: 403, via: 'anonymous' })
        expect(got.user).to.deep.include({ name: 'system:anonymous', groups: ['system:unauthenticated'] })
      })

      it('make a user of the client CA no more than that user, whatever the headers say', async () => {
        const headers = mastersRemote
        const bob = await ask({ pair: await issue(clientCa, 'CN=bob, O=dev, O=cn\\=a\\,b'), headers })
        expect(bob).to.deep.include({ status: 403, via: 'certificate' })
        expect(bob.user).to.deep.include({ name: 'bob', groups: ['dev', 'cn=a,b', 'system:authenticated'] })
        const alike = await ask({ pair: await issue(clientCa, 'CN=front-proxy-client'), headers })
        expect(alike).to.deep.include({ status: 403, via: 'certificate' })
      })

      it('are shut to a front proxy out of date, of a wrong name, or with a certificate for other uses', async () => {
        const past = new Date(Date.now() - 60_000)
        const bad = {
          expired: await proxyWith({ notAfter: past }),
          early: await proxyWith({ notBefore: new Date(Date.now() + 60_000) }),
          'wrong name': await issue(proxyCa, 'CN=someone-else'),
          'server only': await proxyWith({ usages: [usage.server] }),
          'wrong usage': await proxyWith({ usages: [usage.code] }),
        }
        for (const [name, pair] of Object.entries(bad)) {
          expect(await statusOf({ pair, headers: mastersRemote }), name).to.equal(401)
        }
      })

      it('are shut to certificates that a client made for itself', async () => {
        const ownCa = await authority('front-proxy-ca')
        const leaf = await issue(ownCa, 'CN=front-proxy-client')
        const chained = { cert: leaf.cert + ownCa.cert, key: leaf.key }
        const withRealCa = { cert: leaf.cert + proxyCa.cert, key: leaf.key }
        for (const pair of [leaf, chained, withRealCa, await authority('front-proxy-client')]) {
          expect(await statusOf({ pair, headers: mastersRemote })).to.equal(401)
        }
      })

      it('are shut to a bad certificate on the health paths as well, and open without one', async () => {
        const expired = await proxyWith({ notAfter: new Date(Date.now() - 60_000) })
        expect(await statusOf({ path: '/readyz', pair: expired })).to.equal(401)
        expect(await statusOf({ path: '/readyz' })).to.equal(200)
      })

      it('ask for rights below readyz', async () => {
        expect(await statusOf({ path: '/readyz/ping' })).to.equal(403)
        expect(await statusOf({ path: '/readyz%2Fping' })).to.equal(400)
      })

      it('open to a good token, and never to a bad one beside it', async () => {
        reviews.tokens.set('good', 'carol').set('good2', 'dave')
        reviews.mayAll.add('carol')
        const good = await ask({ headers: { authorization: 'Bearer good' } })
        expect(good).to.deep.include({ status: 200, via: 'token' })
        expect(good.user?.groups).to.deep.equal(['ops', 'system:authenticated'])
        expect(await statusOf({ headers: { authorization: 'Bearer goo' } })).to.equal(401)
        expect(await statusOf({ headers: { authorization: 'bearer good' } })).to.equal(200)
      })

      it('prefer a good certificate to a bad token, and a good token to a bad certificate', async () => {
        reviews.tokens.set('good', 'carol')
        const bob = await issue(clientCa, 'CN=bob')
        const first = await ask({ pair: bob, headers: { authorization: 'Bearer bad' } })
        expect(first.user?.name).to.equal('bob')
        const strange = await issue(await authority('strange'), 'CN=eve')
        const second = await ask({ pair: strange, headers: { authorization: 'Bearer good' } })
        expect(second.user?.name).to.equal('carol')
      })

      it('are shut to impersonation', async () => {
        reviews.tokens.set('good', 'carol')
        reviews.mayAll.add('carol').add('system:anonymous')
        const headers = { authorization: 'Bearer good', 'impersonate-user': 'system:admin' }
        expect(await statusOf({ headers })).to.equal(403)
        expect(
          await statusOf({ path: '/readyz', headers: { 'impersonate-group': 'system:masters' } }),
        ).to.equal(403)
      })

      it('carry groups with commas, a thousand of them, and names in UTF-8', async () => {
        const groups = Array.from({ length: 1_000 }, (_, n) => `cn=team-${n}, ou=people`)
        const name = Buffer.from('Zoë', 'utf8').toString('latin1')
        const got = await ask({ pair: proxy, headers: { 'x-remote-user': name, 'x-remote-group': groups } })
        expect(got.user?.name).to.equal('Zoë')
        expect(got.user?.groups).to.deep.equal([...groups, 'system:authenticated'])
        expect(reviews.asked.at(-1)?.spec).to.deep.include({ user: 'Zoë', groups: got.user?.groups })
      })

      it('open over an intermediate CA that the client sends, and not when it keeps it back', async () => {
        const between = await authority('between', { issuer: proxyCa })
        const { cert, key } = await issue(between, 'CN=front-proxy-client')
        const whole = await ask({ pair: { cert: cert + between.cert, key }, headers: remote })
        expect(whole.via).to.equal('front_proxy')
        expect(await statusOf({ pair: { cert, key }, headers: remote })).to.equal(401)
      })

      it('follow a rotated CA', async () => {
        const nextCa = await authority('front-proxy-ca-2')
        const next = await issue(nextCa, 'CN=front-proxy-client')
        expect(await statusOf({ pair: next, headers: mastersRemote })).to.equal(401)
        secured.trust(trustOf(nextCa, clientCa))
        expect(await statusOf({ pair: next, headers: mastersRemote })).to.equal(200)
        expect(await statusOf({ pair: proxy, headers: mastersRemote })).to.equal(401)
      })
    })
  }

  it('close on a connection that stands when its CA is taken away or its certificate runs out', async () => {
    const session = http2.connect(`https://127.0.0.1:${secured.port}`, {
      ...proxy,
      rejectUnauthorized: false,
    })
    const ask = async () => (await onSession(session, { headers: mastersRemote })).status
    expect(await ask()).to.equal(200)
    secured.trust(trustOf(clientCa, clientCa))
    expect(await ask()).to.equal(401)
    secured.trust(trust)
    expect(await ask()).to.equal(200)
    await secured.clock.advance(2 * 3_600_000)
    expect(await ask()).to.equal(401)
    session.destroy()
  })

  it('are not confused by two tokens in one request', async () => {
    reviews.tokens.set('good', 'carol')
    reviews.mayAll.add('carol')
    const send = (...tokens: string[]) => {
      return rawStatus(secured.port, tokens.map((token) => `Authorization: Bearer ${token}\r\n`).join(''))
    }
    expect(await send('good')).to.equal(200)
    expect(await send('good', 'good')).to.equal(200)
    expect(await send('good', 'bad')).to.equal(401)
    expect(await send('bad', 'good')).to.equal(401)
  })
})

function rawStatus(port: number, headers: string): Promise<number> {
  return statusOn(tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }), headers)
}
