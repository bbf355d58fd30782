import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReread } from '@metrics-ring/common/kube/reread'
import { createAuthority } from '@metrics-ring/sim/pki'
import { expect } from 'chai'
import { createKubeletClient, type KubeletClient } from '../../src/kubelet/kubelet.ts'
import type { KubeletTarget } from '../../src/kubelet/kubelet-target.ts'
import type { KubeletCredentials, KubeletTlsOptions } from '../../src/kubelet/kubelet-tls.ts'
import { serving, startTcp, startTestKubelet, stopServers, testAuthority } from '../https-server.ts'

const byAddress = serving({ ipAddresses: ['127.0.0.1'] })

describe('TLS to kubelets', () => {
  const clients: KubeletClient[] = []

  async function clientWith(
    credentials: Partial<KubeletCredentials> = {},
    tls: KubeletTlsOptions = {},
  ): Promise<KubeletClient> {
    const { certPem } = await testAuthority()
    const made = createKubeletClient({
      credentials: { ca: async () => certPem, ...credentials },
      tls,
      requestTimeoutMs: 2_000,
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
  const outcome = async (made: KubeletClient, target: KubeletTarget) => {
    const scraped = await made.scrape(target)
    return scraped.ok ? 'ok' : scraped.reason
  }

  afterEach(async () => {
    for (const made of clients.splice(0)) made.close()
    await stopServers()
  })

  const nodeName: KubeletTlsOptions = { serverName: 'node' }

  it('verifies a node whose name is an address, which the handshake cannot carry', async () => {
    const kubelet = await startTestKubelet()
    const made = await clientWith({}, nodeName)
    expect(await outcome(made, targetAt(kubelet.port, { node: '127.0.0.1' }))).to.equal('ok')
    expect(await outcome(made, targetAt(kubelet.port, { node: '10.1.2.3' }))).to.equal('tls_name_mismatch')
  })

  it('trusts only public CAs without one of ours, and nobody with one that is no certificate', async () => {
    const kubelet = await startTestKubelet()
    const noCa = await clientWith({ ca: async () => undefined })
    expect(await outcome(noCa, targetAt(kubelet.port))).to.equal('tls_unknown_ca')
    for (const text of ['', 'no certificate']) {
      const made = await clientWith({ ca: async () => text })
      expect(await outcome(made, targetAt(kubelet.port))).to.equal('bad_credentials')
    }
  })

  it('hears a kubelet refuse the handshake, as one without a certificate does', async () => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 80])
    const kubelet = await startTcp((socket) => socket.once('data', () => socket.end(alert)))
    const scraped = await (await clientWith()).scrape(targetAt(kubelet.port))
    expect(scraped).to.include({ ok: false, reason: 'tls_other' })
    expect(scraped).to.have.property('detail').that.includes('internal error').and.includes('CSR')
  })

  describe('with a client certificate', () => {
    const identity = { commonName: 'shard', usages: ['clientAuth' as const] }

    it('shows it', async () => {
      const authority = await testAuthority()
      const { certPem, keyPem } = await authority.issue(identity)
      const kubelet = await startTestKubelet({ clientCa: authority.certPem })
      const made = await clientWith({ cert: async () => certPem, key: async () => keyPem })
      expect(await outcome(made, targetAt(kubelet.port))).to.equal('ok')
      expect(kubelet.requests[0]?.headers).not.to.have.property('authorization')
    })

    it('gives a reason where the kubelet hangs up on it', async () => {
      const { certPem, keyPem } = await (await createAuthority('other')).issue(identity)
      const kubelet = await startTestKubelet({ clientCa: (await testAuthority()).certPem })
      const made = await clientWith({ cert: async () => certPem, key: async () => keyPem })
      expect(await outcome(made, targetAt(kubelet.port))).to.be.oneOf(['tls_other', 'reset'])
    })
  })

  describe('when credentials rotate', () => {
    let directory = ''
    let nowMs = 0
    const file = (name: string) => join(directory, name)
    const reread = (name: string) =>
      createReread(
        file(name),
        (text) => text.trim(),
        () => nowMs,
      )

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'kubelet-tls-'))
    })
    afterEach(() => rm(directory, { recursive: true }))

    it('sends the new token over the kept connection', async () => {
      const kubelet = await startTestKubelet()
      await writeFile(file('token'), 'first\n')
      const made = await clientWith({ token: reread('token') })
      await made.scrape(targetAt(kubelet.port))
      await writeFile(file('token'), 'second-one\n')
      await made.scrape(targetAt(kubelet.port))
      nowMs += 10_000
      await made.scrape(targetAt(kubelet.port))
      await rm(file('token'))
      nowMs += 10_000
      await made.scrape(targetAt(kubelet.port))
      const tokens = kubelet.requests.map((request) => request.headers.authorization)
      expect(tokens).to.deep.equal(
        ['first', 'first', 'second-one', 'second-one'].map((each) => `Bearer ${each}`),
      )
      expect(kubelet.connections()).to.equal(1)
    })

    it('verifies kubelets against the new CA, over new connections, without a failed scrape', async () => {
      const [before, after] = [await createAuthority('before'), await createAuthority('after')]
      const kubelet = await startTestKubelet({ issued: await before.issue(byAddress) })
      await writeFile(file('ca'), before.certPem)
      const made = await clientWith({ ca: reread('ca') })
      const scrape = () => outcome(made, targetAt(kubelet.port))
      expect(await scrape()).to.equal('ok')
      await writeFile(file('ca'), before.certPem + after.certPem)
      nowMs += 10_000
      expect([await scrape(), kubelet.connections()]).to.deep.equal(['ok', 2])
      kubelet.show(await after.issue(byAddress))
      expect([await scrape(), kubelet.connections()]).to.deep.equal(['ok', 2])
      await writeFile(file('ca'), after.certPem)
      nowMs += 10_000
      expect([await scrape(), kubelet.connections()]).to.deep.equal(['ok', 3])
      await writeFile(file('ca'), before.certPem)
      nowMs += 10_000
      expect(await scrape()).to.equal('tls_unknown_ca')
    })

    it('keeps the last good pair while certificate and key do not fit each other', async () => {
      const authority = await testAuthority()
      const kubelet = await startTestKubelet({ clientCa: authority.certPem })
      const identity = { commonName: 'shard', usages: ['clientAuth' as const] }
      const [one, two] = [await authority.issue(identity), await authority.issue(identity)]
      let pair = { cert: one.certPem, key: one.keyPem }
      const made = await clientWith({ cert: async () => pair.cert, key: async () => pair.key })
      const scrape = async () => [await outcome(made, targetAt(kubelet.port)), kubelet.connections()]
      expect(await scrape()).to.deep.equal(['ok', 1])
      pair = { cert: two.certPem, key: one.keyPem }
      expect(await scrape()).to.deep.equal(['ok', 1])
      pair = { cert: two.certPem, key: two.keyPem }
      expect(await scrape()).to.deep.equal(['ok', 2])
      const never = await clientWith({ cert: async () => one.certPem, key: async () => two.keyPem })
      expect(await outcome(never, targetAt(kubelet.port))).to.equal('bad_credentials')
    })
  })
})
