import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import { realClock } from '@metrics-ring/common/clock'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { expect } from 'chai'
import { readAssets } from '../../src/admin/assets.ts'
import { refusal } from '../../src/admin/guard.ts'
import type { Message } from '../../src/admin/message.ts'
import { type StatusPage, startStatusPage } from '../../src/admin/status-page.ts'
import { createTestView, nodeObject, podObject, record } from '../builders.ts'

describe('the status page, to whoever asks', () => {
  const intervalMs = 15_000
  const store = createMemoryStore({ clock: realClock, intervalMs })
  let page: StatusPage

  before(async () => {
    const { view, put } = createTestView()
    const nowMs = await store.time()
    for (const node of ['n1', 'n2']) view.upsertNode(nodeObject(node))
    for (const pod of ['ns/served', 'ns/not-yet']) view.upsertPod(podObject(pod))
    const { body, uid } = record('n1', nowMs, { 'ns/served': [{}] })
    put(record('n1', nowMs, { 'ns/served': [{}] }))
    await store.commit({ node: 'n1', uid, createdMs: 0, atMs: nowMs, by: 'shard-a', tookMs: 5 }, body, 0)
    await store.tried('n2', { by: 'shard-b', reason: 'refused: nobody listens' })
    const now = () => realClock.mono() + performance.timeOrigin
    page = await startStatusPage({
      port: 0,
      store,
      view,
      now,
      clock: realClock,
      intervalMs,
      maxAgeMs: 60_000,
    })
  })
  after(() => page.stop())

  async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const asked = request({ host: '127.0.0.1', port: page.port, path, headers, method }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }
  async function firstEvent(): Promise<Message> {
    const asked = request({ host: '127.0.0.1', port: page.port, path: '/ring/events' }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    let read = ''
    for await (const chunk of response) {
      read += chunk
      if (read.includes('\n\n')) break
    }
    return JSON.parse(read.slice('data: '.length)) as Message
  }

  it('serves every file that it names, and nothing from elsewhere', async () => {
    const { body: html } = await ask('/ring')
    const named = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, path = '']) => path)
    expect(named).to.include.members(['/ring/main.js', '/ring/page.css', '/ring/lib/uplot.js'])
    const modules = [...readAssets().keys()].filter((path) => path.endsWith('.js'))
    for (const path of [...named, ...modules]) {
      expect(path).to.match(/^\/ring\//)
      expect((await ask(path)).status, path).to.equal(200)
    }
    for (const path of [
      '/ring/../config.ts',
      '/ring/%2e%2e/wire.ts',
      '/ring/tsconfig.json',
      '/metrics',
      '/apis',
    ])
      expect((await ask(path)).status, path).to.equal(404)
    expect((await ask('/')).headers.location).to.equal('/ring')
  })

  it('lets a browser load, run and frame nothing else', async () => {
    const { headers } = await ask('/ring')
    const policy = String(headers['content-security-policy'])
    expect(policy).to.match(/^default-src 'none'; /)
    expect(policy).to.include("script-src 'self'").and.to.include("frame-ancestors 'none'")
    expect(policy).not.to.include('unsafe')
    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
  })

  it('answers nobody who came by another name (DNS rebinding), from another site, or to change something', async () => {
    const status = async (headers: Record<string, string>, method?: string) =>
      (await ask('/ring/events', headers, method)).status
    expect(await status({ host: `attacker.example:${page.port}` })).to.equal(421)
    expect(await status({ host: 'localhost.attacker.example' })).to.equal(421)
    expect(await status({ 'sec-fetch-site': 'cross-site' })).to.equal(403)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'])
      expect(await status({}, method), method).to.equal(405)
    for (const host of ['localhost:8081', '127.0.0.1:1', '[::1]:9', 'LOCALHOST'])
      expect(refusal({ method: 'GET', host, site: 'same-origin' }), host).to.equal(undefined)
    expect(refusal({ method: 'GET', host: undefined, site: undefined })?.status).to.equal(421)
  })

  it('listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    // Also an address of this machine: not even all of loopback is listened on.
    for (const address of [...outside.map((each) => each.address), '127.0.0.2']) {
      const socket = connect(page.port, address)
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
      expect(error.code).to.equal('ECONNREFUSED')
    }
  })

  it('tells who comes everything at once: nodes, shards, reasons, pods', async () => {
    const { about, nodes, shards, scraped, failed, ring } = await firstEvent()
    expect(about).to.include({ intervalMs, maxAgeMs: 60_000 })
    expect(nodes.map(([, name]) => name)).to.deep.equal(['n1', 'n2'])
    expect(shards.map(([, name]) => name)).to.deep.equal(['shard-a', 'shard-b'])
    expect([scraped[0], ...scraped.slice(2, 5), ...scraped.slice(5)]).to.deep.equal([0, 0, 5, 1, -1, -1, 0])
    expect(failed.map(([slot, , by, reason]) => [slot, by, reason])).to.deep.equal([
      [1, 'shard-b', 'refused: nobody listens'],
    ])
    expect(ring).to.include({ nodes: 2, failing: 1, never: 1, podsServed: 1, podsRunning: 2 })
  })

  it('closes its pages when it stops', async () => {
    const { view } = createTestView()
    const now = () => undefined
    const deps = { port: 0, store, view, now, clock: realClock, intervalMs, maxAgeMs: 60_000 }
    const other = await startStatusPage(deps)
    const asked = request({ host: '127.0.0.1', port: other.port, path: '/ring/events' }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const closed = once(response, 'close').catch(() => {})
    response.on('error', () => {}).resume()
    await other.stop()
    await closed
  })
})
