import { randomBytes } from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import {
  createKubeletClient,
  type KubeletClient,
  type KubeletClientOptions,
} from '../../src/kubelet/kubelet.ts'
import type { KubeletTarget } from '../../src/kubelet/kubelet-target.ts'
import { type Handler, startTcp, startTestKubelet, stopServers, testAuthority } from '../https-server.ts'

const TOKEN = 'secret-token'

describe('the kubelet client', () => {
  const clients: KubeletClient[] = []

  async function client(options: Partial<KubeletClientOptions> = {}): Promise<KubeletClient> {
    const { certPem } = await testAuthority()
    const credentials = { ca: async () => certPem, token: async () => TOKEN }
    const made = createKubeletClient({
      credentials,
      requestTimeoutMs: 2_000,
      secondTryPauseMs: 10,
      staggerMs: 20,
      ...options,
    })
    clients.push(made)
    return made
  }
  const targetAt = (port: number, more: Partial<KubeletTarget> = {}): KubeletTarget => ({
    node: 'node-1',
    uid: 'u1',
    addresses: ['127.0.0.1'],
    port,
    path: '/metrics/resource',
    ...more,
  })

  /** What a scrape of a kubelet with this handler ends in: its body, or the reason. */
  async function outcome(handler: Handler, options: Partial<KubeletClientOptions> = {}): Promise<string> {
    const kubelet = await startTestKubelet()
    kubelet.answer(handler)
    const scraped = await (await client(options)).scrape(targetAt(kubelet.port))
    if (!scraped.ok) expect(scraped.detail).not.to.include(TOKEN)
    return scraped.ok ? scraped.body.toString() : scraped.reason
  }

  afterEach(async () => {
    for (const made of clients.splice(0)) made.close()
    await stopServers()
  })

  describe('asks', () => {
    it('for the path of the target, with the token, over one connection for many scrapes', async () => {
      const kubelet = await startTestKubelet()
      const kubelets = await client()
      for (let times = 0; times < 5; times++) {
        const scraped = await kubelets.scrape(targetAt(kubelet.port, { path: '/nodes/a/metrics?b=c' }))
        expect(scraped).to.deep.include({ ok: true, address: '127.0.0.1', wireBytes: 31 })
        expect(scraped.ok && Date.parse(scraped.date)).to.be.closeTo(Date.now(), 60_000)
        expect(scraped.ok && scraped.body.toString()).to.equal('node_cpu_usage_seconds_total 1\n')
        expect(scraped.tookMs).to.be.within(0, 2_000)
      }
      expect(kubelet.connections()).to.equal(1)
      expect(kubelet.requests.map((request) => request.url)).to.deep.equal(
        Array(5).fill('/nodes/a/metrics?b=c'),
      )
      expect(kubelet.requests[0]?.headers).to.include({ authorization: `Bearer ${TOKEN}` })
    })

    it('over a new connection after a node was forgotten, or is another one of the name', async () => {
      const kubelet = await startTestKubelet()
      const kubelets = await client()
      await kubelets.scrape(targetAt(kubelet.port))
      kubelets.forget('node-1')
      await kubelets.scrape(targetAt(kubelet.port))
      expect(kubelet.connections()).to.equal(2)
      await kubelets.scrape(targetAt(kubelet.port, { uid: 'u2' }))
      expect(kubelet.connections()).to.equal(3)
      kubelets.retain(new Set(['node-1']))
      await kubelets.scrape(targetAt(kubelet.port, { uid: 'u2' }))
      expect(kubelet.connections()).to.equal(3)
    })

    it('once, however many ask at the same time', async () => {
      const kubelet = await startTestKubelet()
      const kubelets = await client()
      const both = await Promise.all([1, 2].map(() => kubelets.scrape(targetAt(kubelet.port))))
      expect(both.map((each) => each.ok)).to.deep.equal([true, true])
      expect(kubelet.requests).to.have.length(1)
    })

    it('keeps connections of different nodes apart', async () => {
      const kubelet = await startTestKubelet()
      const kubelets = await client()
      await Promise.all(['a', 'b'].map((node) => kubelets.scrape(targetAt(kubelet.port, { node }))))
      expect(kubelet.connections()).to.equal(2)
    })

    it('gives up when told to, and when the node is forgotten meanwhile', async () => {
      const kubelet = await startTestKubelet()
      kubelet.answer(() => {})
      const kubelets = await client()
      const giveUp = new AbortController()
      const scrape = kubelets.scrape(targetAt(kubelet.port), { signal: giveUp.signal })
      setTimeout(() => giveUp.abort(), 20)
      expect(await scrape).to.include({ ok: false, reason: 'aborted' })
      const other = kubelets.scrape(targetAt(kubelet.port))
      setTimeout(() => kubelets.forget('node-1'), 20)
      expect(await other).to.include({ ok: false, reason: 'aborted' })
      const late = await kubelets.scrape(targetAt(kubelet.port), { signal: giveUp.signal })
      expect(late).to.include({ ok: false, reason: 'aborted' })
    })
  })

  describe('gives a reason', () => {
    const statuses = [
      [401, 'unauthorized'],
      [403, 'forbidden'],
      [404, 'not_found'],
      [302, 'redirect'],
      [429, 'status_4xx'],
      [500, 'status_5xx'],
      [204, 'status_other'],
    ] as const
    for (const [status, reason] of statuses) {
      it(`for status ${status}, and keeps the connection`, async () => {
        const kubelet = await startTestKubelet()
        kubelet.answer((_, response) =>
          response.writeHead(status, { location: `https://127.0.0.1:${kubelet.port}/` }).end(),
        )
        const kubelets = await client()
        for (let times = 0; times < 2; times++)
          expect(await kubelets.scrape(targetAt(kubelet.port))).to.include({ ok: false, reason })
        expect([kubelet.connections(), kubelet.requests.length]).to.deep.equal([1, 2])
      })
    }

    it('of the status, where an error page never ends', async () => {
      const endless: Handler = (_, response) => response.writeHead(503).write('sorry')
      expect(await outcome(endless, { requestTimeoutMs: 100 })).to.equal('status_5xx')
    })

    it('for an answer that never begins, never ends, or drips', async () => {
      const options = { requestTimeoutMs: 150 }
      expect(await outcome(() => {}, options)).to.equal('timeout')
      expect(await outcome((_, response) => response.write('node_cpu'), options)).to.equal('timeout')
      const drip: Handler = (_, response) => {
        const timer = setInterval(() => response.write('#'), 20)
        response.once('close', () => clearInterval(timer))
      }
      expect(await outcome(drip, options)).to.equal('timeout')
    })

    it('for 100 MB, announced or not, having read no more than the limit', async () => {
      let sent = 0
      const flood = (size: number | undefined): Handler => {
        return (_, response) => {
          response.on('error', () => {})
          if (size) response.setHeader('content-length', size)
          const block = Buffer.alloc(1e6, 0x20)
          const more = () => {
            while (sent < 1e8 && response.writable) {
              sent += block.length
              if (!response.write(block)) return response.once('drain', more)
            }
            return response.end()
          }
          more()
        }
      }
      expect(await outcome(flood(undefined), { bodyLimitBytes: 4e6 })).to.equal('too_large')
      expect(sent).to.be.below(5e7)
      sent = 0
      expect(await outcome(flood(1e8), { bodyLimitBytes: 4e6 })).to.equal('too_large')
      expect(sent).to.be.below(5e7)
    })

    it('for a connection cut before or within an answer, or before TLS', async () => {
      expect(await outcome((request) => request.socket.destroy())).to.equal('reset')
      const announced: Handler = (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('node_cpu')
        setTimeout(() => request.socket.destroy(), 20)
      }
      expect(await outcome(announced)).to.equal('truncated')
      const chunked: Handler = (request, response) => {
        response.write('node_cpu')
        setTimeout(() => request.socket.destroy(), 20)
      }
      expect(await outcome(chunked)).to.equal('truncated')
      const cutting = await startTcp((socket) => socket.resetAndDestroy())
      const scraped = await (await client()).scrape(targetAt(cutting.port))
      expect(scraped).to.include({ ok: false, reason: 'reset' })
    })

    it('for something that does not speak HTTP, or not TLS', async () => {
      const babble: Handler = (request) => request.socket.end('babble\r\n\r\n')
      expect(await outcome(babble)).to.equal('bad_response')
      const plain = await startTcp((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
      const scraped = await (await client()).scrape(targetAt(plain.port))
      expect(scraped).to.include({ ok: false, reason: 'tls_other' })
    })

    it('for a port where nobody listens, a name nobody knows, and no address at all', async () => {
      const kubelets = await client()
      const reasonFor = async (target: KubeletTarget) => {
        const scraped = await kubelets.scrape(target)
        return !scraped.ok && scraped.reason
      }
      expect(await reasonFor(targetAt(1))).to.equal('refused')
      expect(await reasonFor(targetAt(1, { addresses: ['no-such-host.invalid'] }))).to.equal('dns')
      expect(await reasonFor(targetAt(1, { addresses: [] }))).to.equal('no_address')
    })

    it('for a token that is no header, without telling it', async () => {
      const kubelet = await startTestKubelet()
      const { certPem } = await testAuthority()
      const kubelets = await client({
        credentials: { ca: async () => certPem, token: async () => 'se\ncret' },
      })
      const scraped = await kubelets.scrape(targetAt(kubelet.port))
      expect(scraped).to.include({ ok: false, reason: 'bad_credentials' })
      expect(JSON.stringify(scraped)).not.to.include('cret')
    })
  })

  describe('understands content codings:', () => {
    const text = 'node_cpu_usage_seconds_total 1\n'.repeat(1000)
    const coded =
      (coding: string, body: Buffer): Handler =>
      (_, response) =>
        response.setHeader('content-encoding', coding).end(body)

    it('gzip, which it asks for only if told so', async () => {
      const kubelet = await startTestKubelet()
      kubelet.answer(coded('gzip', gzipSync(text)))
      for (const gzip of [false, true]) {
        const scraped = await (await client({ gzip })).scrape(targetAt(kubelet.port))
        expect(scraped.ok && scraped.body.toString()).to.equal(text)
        expect(scraped.ok && scraped.wireBytes).to.equal(gzipSync(text).length)
      }
      const asked = kubelet.requests.map((request) => request.headers['accept-encoding'])
      expect(asked).to.deep.equal(['identity', 'gzip'])
    })

    it('no gzip bomb', async () => {
      const bomb = gzipSync(Buffer.alloc(5e7))
      expect(bomb.length).to.be.below(1e5)
      expect(await outcome(coded('gzip', bomb), { bodyLimitBytes: 1e6 })).to.equal('too_large')
    })

    it('no gzip that is damaged or cut, and nothing else', async () => {
      expect(await outcome(coded('gzip', randomBytes(100)))).to.equal('bad_encoding')
      expect(await outcome(coded('gzip', gzipSync(text).subarray(0, 50)))).to.equal('bad_encoding')
      expect(await outcome(coded('deflate', deflateSync(text)))).to.equal('bad_encoding')
      expect(await outcome(coded('br', randomBytes(100)))).to.equal('bad_encoding')
      expect(await outcome(coded('identity', Buffer.from('plain')))).to.equal('plain')
    })
  })

  describe('asks a second time, if told so,', () => {
    it('where the kept connection was closed by a kubelet that restarted', async () => {
      const kubelet = await startTestKubelet()
      const kubelets = await client()
      let cuts = 0
      await kubelets.scrape(targetAt(kubelet.port))
      kubelet.answer((request, response) => {
        if (cuts++ === 0) request.socket.destroy()
        else response.end('back')
      })
      const scraped = await kubelets.scrape(targetAt(kubelet.port), { retry: true })
      expect(scraped.ok && scraped.body.toString()).to.equal('back')
      expect(kubelet.connections()).to.equal(2)
    })

    it('where the kubelet failed fast, and not otherwise', async () => {
      const kubelet = await startTestKubelet()
      const kubelets = await client()
      const script = (statuses: number[]): Handler => {
        return (_, response) => response.writeHead(statuses.shift() ?? 200).end()
      }
      const retried = async (statuses: number[], retry = true) => {
        kubelet.answer(script(statuses))
        const before = kubelet.requests.length
        const scraped = await kubelets.scrape(targetAt(kubelet.port), { retry })
        return [scraped.ok || scraped.reason, kubelet.requests.length - before]
      }
      expect(await retried([503])).to.deep.equal([true, 2])
      expect(await retried([503, 503])).to.deep.equal(['status_5xx', 2])
      expect(await retried([503], false)).to.deep.equal(['status_5xx', 1])
      expect(await retried([403])).to.deep.equal(['forbidden', 1])
    })

    it('within the same bound on time', async () => {
      const kubelet = await startTestKubelet()
      let asked = 0
      kubelet.answer((_, response) => {
        if (asked++ === 0) response.writeHead(500).end()
      })
      const kubelets = await client({ requestTimeoutMs: 200 })
      const scraped = await kubelets.scrape(targetAt(kubelet.port), { retry: true })
      expect(scraped).to.include({ ok: false, reason: 'timeout' })
      expect(scraped.tookMs).to.be.within(190, 400)
      expect(asked).to.equal(2)
    })
  })

  it('does not keep a connection on which something else than an answer arrived', async () => {
    const kubelet = await startTestKubelet()
    const kubelets = await client()
    await kubelets.scrape(targetAt(kubelet.port))
    kubelet.cut()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect((await kubelets.scrape(targetAt(kubelet.port))).ok).to.equal(true)
    expect(kubelet.connections()).to.equal(2)
  })
})
