import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import https from 'node:https'
import tls from 'node:tls'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { createServer, type Handler, type Server } from '../../src/serving/server.ts'
import { askH1, askH2, connectH2, makePair, servingPair } from '../tls-fixture.ts'

describe('the HTTPS server', () => {
  let server: Server
  let port: number
  let clock: ReturnType<typeof createFakeClock>
  let held: (() => void)[]
  const clients: ClientHttp2Session[] = []

  const handler: Handler = (request, response) => {
    if (request.url === '/held') held.push(() => response.end('late'))
    else response.end(String(request.rawHeaders.filter((each) => each === 'x-remote-group').length))
  }
  async function connect() {
    const session = await connectH2(port)
    clients.push(session)
    return session
  }

  beforeEach(async () => {
    clock = createFakeClock()
    held = []
    const pair = await servingPair()
    server = createServer({ tls: { ...pair, clientCas: pair.cert }, handler, clock, random: () => 0.5 })
    port = (await server.listen(0, '127.0.0.1')).port
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    const drained = server.drain(0)
    await clock.advance(1)
    await drained
  })

  it('speaks HTTP/2 and HTTP/1.1 on one port', async () => {
    expect((await askH2(await connect(), { path: '/' })).status).to.equal(200)
    expect((await askH1(port, { path: '/' })).status).to.equal(200)
  })

  it('takes a thousand groups, and headers of many kilobytes, over either', async () => {
    const groups = Array.from({ length: 1_000 }, (_, n) => `team-${n}`)
    const headers = { 'x-remote-group': groups }
    expect(String((await askH2(await connect(), { path: '/', headers })).body)).to.equal('1000')
    expect(String((await askH1(port, { path: '/', headers })).body)).to.equal('1000')
    const big = { 'x-remote-extra-a': 'a'.repeat(60_000) }
    expect((await askH2(await connect(), { path: '/', headers: big })).status).to.equal(200)
    expect((await askH1(port, { path: '/', headers: big })).status).to.equal(200)
  })

  it('keeps an idle HTTP/1.1 connection for longer than Go does', async () => {
    const agent = new https.Agent({ keepAlive: true })
    const got = await askH1(port, { path: '/' }, agent)
    expect(Number(/timeout=(\d+)/.exec(String(got.headers['keep-alive']))?.[1])).to.be.at.least(95)
    agent.destroy()
  })

  it('asks a connection to leave after five minutes, and answers what is under way', async () => {
    const session = await connect()
    await once(session, 'connect')
    const goaway = once(session, 'goaway')
    const late = askH2(session, { path: '/held' })
    await until(() => held.length === 1)
    await clock.advance(5 * 60_000)
    await goaway
    held[0]?.()
    expect(String((await late).body)).to.equal('late')
  })

  it('still answers what was sent before the client has read the request to leave', async () => {
    const session = await connect()
    await once(session, 'connect')
    await clock.advance(5 * 60_000)
    expect((await askH2(session, { path: '/' })).status).to.equal(200)
  })

  it('ends an old HTTP/1.1 connection with its next answer', async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
    expect((await askH1(port, { path: '/' }, agent)).headers.connection).to.equal('keep-alive')
    await clock.advance(5 * 60_000 + 1)
    expect((await askH1(port, { path: '/' }, agent)).headers.connection).to.equal('close')
    agent.destroy()
  })

  it('drains: takes nothing new, finishes what is under way, then is gone', async () => {
    const session = await connect()
    const late = askH2(session, { path: '/held' })
    await until(() => held.length === 1)
    const drained = server.drain(60_000)
    await clock.advance(1_000)
    await askH1(port, { path: '/' }).then(
      () => expect.fail('a new connection was taken'),
      () => {},
    )
    held[0]?.()
    expect(String((await late).body)).to.equal('late')
    await drained
  })

  it('is gone as soon as kept HTTP/1.1 connections have their answers', async () => {
    const agent = new https.Agent({ keepAlive: true })
    const late = askH1(port, { path: '/held' }, agent)
    await until(() => held.length === 1)
    const drained = server.drain(60_000)
    await clock.advance(1_000)
    held[0]?.()
    expect(String((await late).body)).to.equal('late')
    await drained
    agent.destroy()
  })

  it('cuts what is still under way when the time to drain is over', async () => {
    const late = askH2(await connect(), { path: '/held' }).catch(() => 'cut')
    await until(() => held.length === 1)
    const drained = server.drain(60_000)
    await clock.advance(60_000)
    await drained
    expect(await late).to.equal('cut')
  })

  it('shows a renewed certificate to new connections and keeps the old ones', async () => {
    const old = await connect()
    expect((await askH2(old, { path: '/' })).status).to.equal(200)
    const renewed = await makePair()
    server.renew({ ...renewed, clientCas: '' })
    const socket = tls.connect({ port, host: '127.0.0.1', ca: renewed.cert, servername: 'localhost' })
    await once(socket, 'secureConnect')
    expect(socket.authorized).to.equal(true)
    socket.destroy()
    expect((await askH2(old, { path: '/' })).status).to.equal(200)
    expect(() => server.renew({ ...renewed, key: 'no key', clientCas: '' })).to.throw()
  })

  it('does not resume TLS sessions, so that every connection shows its certificate chain', async () => {
    const pair = await servingPair()
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { port, host: '127.0.0.1', ca: pair.cert, servername: 'localhost', maxVersion }
      const first = tls.connect({ ...options, ALPNProtocols: ['http/1.1'] })
      let session: Buffer | undefined
      first.on('session', (each) => {
        session = each
      })
      await once(first, 'secureConnect')
      first.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
      await once(first, 'data')
      session ??= first.getSession()
      first.destroy()
      const second = tls.connect({ ...options, ...(session ? { session } : {}) })
      await once(second, 'secureConnect')
      expect(second.isSessionReused(), maxVersion).to.equal(false)
      second.destroy()
    }
  })
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
