import { expect } from 'chai'
import { createKubeletClient, type KubeletClient, type Scraped } from '../../src/kubelet/kubelet.ts'
import { serving, startTcp, startTestKubelet, stopServers, testAuthority } from '../https-server.ts'

const [FIRST, SECOND, THIRD] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const

describe('a kubelet with several addresses', () => {
  let kubelets: KubeletClient

  beforeEach(async () => {
    const { certPem } = await testAuthority()
    kubelets = createKubeletClient({
      credentials: { ca: async () => certPem },
      requestTimeoutMs: 1_000,
      staggerMs: 20,
    })
  })
  afterEach(async () => {
    kubelets.close()
    await stopServers()
  })

  const issued = async (...ipAddresses: string[]) => (await testAuthority()).issue(serving({ ipAddresses }))
  const scrape = (port: number, ...addresses: string[]) =>
    kubelets.scrape(
      { node: 'node-1', uid: 'u1', addresses, port, path: '/metrics/resource' },
      { retry: true },
    )
  const via = (scraped: Scraped) => (scraped.ok ? scraped.address : scraped.reason)

  it('is reached at the first that accepts, which is then asked first', async () => {
    const kubelet = await startTestKubelet({ host: SECOND, issued: await issued(SECOND) })
    expect(via(await scrape(kubelet.port, FIRST, SECOND))).to.equal(SECOND)
    kubelet.cut()
    const dead = await startTcp((socket) => socket.destroy(), FIRST, kubelet.port)
    expect(via(await scrape(kubelet.port, FIRST, SECOND))).to.equal(SECOND)
    expect(dead.connections()).to.equal(0)
  })

  it('keeps its connection when the Node lists the addresses in another order', async () => {
    const kubelet = await startTestKubelet()
    for (const addresses of [[FIRST, SECOND], [SECOND, FIRST], [FIRST]])
      expect(via(await scrape(kubelet.port, ...addresses))).to.equal(FIRST)
    expect(kubelet.connections()).to.equal(1)
  })

  it('loses its connection with the address', async () => {
    const issuedForBoth = await issued(FIRST, SECOND)
    const kubelet = await startTestKubelet({ issued: issuedForBoth })
    const moved = await startTestKubelet({ issued: issuedForBoth, host: SECOND, port: kubelet.port })
    expect(via(await scrape(kubelet.port, FIRST))).to.equal(FIRST)
    expect(via(await scrape(kubelet.port, SECOND))).to.equal(SECOND)
    expect([kubelet.connections(), moved.connections()]).to.deep.equal([1, 1])
  })

  it('is reached at the one its certificate names', async () => {
    const { port } = await startTestKubelet({ issued: await issued(SECOND) })
    await startTestKubelet({ issued: await issued(SECOND), host: SECOND, port })
    expect(via(await scrape(port, FIRST, SECOND))).to.equal(SECOND)
  })

  it('is reached past an address that accepts and then says nothing', async () => {
    const silent = await startTcp(() => {})
    await startTcp(() => {}, SECOND, silent.port)
    await startTestKubelet({ issued: await issued(THIRD), host: THIRD, port: silent.port })
    const scraped = await scrape(silent.port, FIRST, SECOND, THIRD)
    expect(via(scraped)).to.equal(THIRD)
    expect(scraped.tookMs).to.be.below(900)
  })

  it('is asked elsewhere after an address took the request and did not answer', async () => {
    const hanging = await startTestKubelet()
    hanging.answer(() => {})
    await startTestKubelet({ issued: await issued(SECOND), host: SECOND, port: hanging.port })
    expect(via(await scrape(hanging.port, FIRST, SECOND))).to.equal('timeout')
    expect(via(await scrape(hanging.port, FIRST, SECOND))).to.equal(SECOND)
    expect(via(await scrape(hanging.port, FIRST, SECOND))).to.equal(SECOND)
  })

  it('that fail all gives the reason of the one that got furthest, and names each', async () => {
    const { port } = await startTestKubelet({ issued: await issued(SECOND) })
    const scraped = await scrape(port, 'no-such-host.invalid', SECOND, FIRST)
    expect(via(scraped)).to.equal('tls_name_mismatch')
    expect(scraped)
      .to.have.property('detail')
      .that.includes(`no-such-host.invalid:${port}`)
      .and.includes(`${SECOND}:${port}`)
      .and.includes(`${FIRST}:${port}`)
  })

  it('that all hang is not finished in time, and says how far it came', async () => {
    const silent = await startTcp(() => {})
    const scraped = await scrape(silent.port, FIRST)
    expect(via(scraped)).to.equal('timeout')
    expect(scraped).to.have.property('detail').that.includes(`TLS handshake with ${FIRST}:${silent.port}`)
    expect(scraped.tookMs).to.be.within(990, 1_300)
  })

  it('may be IPv6', async function () {
    const issuedForIpv6 = await issued('::1')
    const kubelet = await startTestKubelet({ issued: issuedForIpv6, host: '::1' }).catch(() => undefined)
    if (!kubelet) return this.skip()
    expect(via(await scrape(kubelet.port, '::1'))).to.equal('::1')
    expect(kubelet.requests[0]?.headers.host).to.equal(`[::1]:${kubelet.port}`)
  })

  it('may be a name', async () => {
    const named = await (await testAuthority()).issue(serving({ dnsNames: ['localhost'] }))
    const kubelet = await startTestKubelet({ issued: named })
    expect(via(await scrape(kubelet.port, 'localhost'))).to.equal('localhost')
  })
})
