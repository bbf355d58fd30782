import { constants } from 'node:crypto'
import tls from 'node:tls'
import { expect } from 'chai'
import { defaultIdentityHeaders } from '../../src/trust/identity.ts'
import { parseBundle, type TrustConfig } from '../../src/trust/trust.ts'
import { type Authority, authority, issue, type Pair } from '../pki.ts'
import { type ReviewServer, startReviewServer } from './review-server.ts'
import { type Secured, startSecured, statusOn } from './secured-fixture.ts'

const mastersRemote = { 'x-remote-user': 'ann', 'x-remote-group': 'system:masters' }

describe('a resumed TLS session', () => {
  let ca: Authority
  let between: Authority
  let leaf: Pair
  let underBetween: Pair
  let reviews: ReviewServer
  let secured: Secured
  const trustOf = (pem: string): TrustConfig => ({
    requestHeader: { ca: parseBundle(pem), allowedNames: [], headers: defaultIdentityHeaders },
  })

  before(async () => {
    ca = await authority('front-proxy-ca')
    between = await authority('between', { issuer: ca })
    leaf = await issue(ca, 'CN=front-proxy-client')
    const { cert, key } = await issue(between, 'CN=front-proxy-client')
    underBetween = { cert: cert + between.cert, key }
    reviews = await startReviewServer()
  })
  beforeEach(async () => {
    secured = await startSecured(trustOf(ca.cert), reviews)
  })
  afterEach(() => secured.close())
  after(() => reviews.close())

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`gets by while its CA is trusted, and not after (${version})`, async () => {
      const first = await resumable(secured.port, leaf, version)
      expect(first.status).to.equal(200)
      expect(await resumable(secured.port, leaf, version, first.session)).to.include({
        status: 200,
        reused: true,
      })
      secured.trust(trustOf((await authority('next')).cert))
      expect(await resumable(secured.port, leaf, version, first.session)).to.include({
        status: 401,
        reused: true,
      })
    })

    it(`does not get by without the chain its certificate needs (${version})`, async () => {
      const first = await resumable(secured.port, underBetween, version)
      expect(first.status).to.equal(200)
      const again = await resumable(secured.port, underBetween, version, first.session)
      expect(again).to.include({ status: 401, reused: true })
    })
  }

  it('does not come about where the server hands out no tickets', async () => {
    await secured.close()
    secured = await startSecured(trustOf(ca.cert), reviews, constants.SSL_OP_NO_TICKET)
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await resumable(secured.port, underBetween, version)
      const again = await resumable(secured.port, underBetween, version, first.session)
      expect(again).to.include({ status: 200, reused: false })
    }
  })
})

type Version = 'TLSv1.2' | 'TLSv1.3'

/** One request of a master by way of the front proxy, resuming a session where one is given. */
function resumable(port: number, pair: Pair, version: Version, session?: Buffer) {
  return new Promise<{ status: number; reused: boolean; session?: Buffer }>((resolve, reject) => {
    const options = {
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
    }
    const socket = tls.connect({ ...options, ...pair, ...(session ? { session } : {}) })
    let kept: Buffer | undefined
    let reused = false
    socket.on('secureConnect', () => {
      reused = socket.isSessionReused()
    })
    socket.on('session', (next) => {
      kept = next
    })
    const headers = Object.entries(mastersRemote).map(([name, value]) => `${name}: ${value}\r\n`)
    statusOn(socket, headers.join('')).then((status) => {
      resolve({ status, reused, ...(kept ? { session: kept } : {}) })
    }, reject)
  })
}
