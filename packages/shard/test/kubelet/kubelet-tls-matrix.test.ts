import { type CertificateAuthority, createAuthority, type Issued } from '@metrics-ring/sim/pki'
import { expect } from 'chai'
import { createKubeletClient, type KubeletClient } from '../../src/kubelet/kubelet.ts'
import type { KubeletTlsOptions } from '../../src/kubelet/kubelet-tls.ts'
import type { ScrapeReason } from '../../src/kubelet/reasons.ts'
import { serving, startTestKubelet, stopServers, type TestKubelet, testAuthority } from '../https-server.ts'

const HOUR_MS = 3_600_000
const address = '127.0.0.1'
const both = serving({ dnsNames: ['node-1'], ipAddresses: [address] })

/** What the shard trusts is the CA of `testAuthority`, the cluster's. */
type Certificate = {
  name: string
  signer: 'cluster' | 'itself' | 'stranger' | 'cluster, renewed'
  request: Parameters<CertificateAuthority['issue']>[0]
  strict: ScrapeReason | 'ok'
  node: ScrapeReason | 'ok'
}

const CERTIFICATES: Certificate[] = [
  {
    name: 'that kubeadm has the kubelet sign for itself',
    signer: 'itself',
    request: serving({ dnsNames: ['node-1'] }),
    strict: 'tls_unknown_ca',
    node: 'tls_unknown_ca',
  },
  {
    name: 'of the cluster CA with the address and the node as names',
    signer: 'cluster',
    request: both,
    strict: 'ok',
    node: 'ok',
  },
  {
    name: 'of the cluster CA with the address as its only name',
    signer: 'cluster',
    request: serving({ ipAddresses: [address] }),
    strict: 'ok',
    node: 'tls_name_mismatch',
  },
  {
    name: 'of the cluster CA with the node as its only name',
    signer: 'cluster',
    request: serving({ dnsNames: ['node-1'] }),
    strict: 'tls_name_mismatch',
    node: 'ok',
  },
  {
    name: 'of the cluster CA with no name but its subject',
    signer: 'cluster',
    request: serving({}),
    strict: 'tls_name_mismatch',
    node: 'tls_name_mismatch',
  },
  { name: 'that was rotated', signer: 'cluster, renewed', request: both, strict: 'ok', node: 'ok' },
  {
    name: 'that has expired',
    signer: 'cluster',
    request: { ...both, notAfter: new Date(Date.now() - HOUR_MS / 2) },
    strict: 'tls_expired',
    node: 'tls_expired',
  },
  {
    name: 'that is not valid yet',
    signer: 'cluster',
    request: { ...both, notBefore: new Date(Date.now() + HOUR_MS) },
    strict: 'tls_expired',
    node: 'tls_expired',
  },
  {
    name: 'of an unknown CA',
    signer: 'stranger',
    request: both,
    strict: 'tls_unknown_ca',
    node: 'tls_unknown_ca',
  },
]

/** What the detail of each failure must say: the cause, and the flags that would change it. */
const SAID: Partial<Record<ScrapeReason, string[]>> = {
  tls_unknown_ca: ['certificate', '--kubelet-certificate-authority', '--kubelet-insecure-tls'],
  tls_name_mismatch: [
    'names no host|does not match',
    '--kubelet-tls-server-name=node',
    '--kubelet-preferred-address-types',
  ],
  tls_expired: ['expired|not yet valid', 'renew', '--kubelet-insecure-tls'],
}

const MODES: {
  mode: string
  tls: KubeletTlsOptions
  expect: (certificate: Certificate) => ScrapeReason | 'ok'
}[] = [
  { mode: 'strictly', tls: {}, expect: ({ strict }) => strict },
  { mode: "against the node's name", tls: { serverName: 'node' }, expect: ({ node }) => node },
  { mode: 'insecurely', tls: { insecure: true }, expect: () => 'ok' },
]

describe('A kubelet with a certificate', () => {
  const clients: KubeletClient[] = []

  afterEach(async () => {
    for (const made of clients.splice(0)) made.close()
    await stopServers()
  })

  async function clientWith(tls: KubeletTlsOptions): Promise<KubeletClient> {
    const { certPem } = await testAuthority()
    const made = createKubeletClient({
      credentials: { ca: async () => certPem },
      tls,
      requestTimeoutMs: 2_000,
    })
    clients.push(made)
    return made
  }
  const scrape = (client: KubeletClient, { port }: TestKubelet) =>
    client.scrape(
      { node: 'node-1', uid: 'u1', addresses: [address], port, path: '/metrics/resource' },
      { retry: true },
    )

  for (const certificate of CERTIFICATES) {
    for (const { mode, tls, expect: wanted } of MODES) {
      const outcome = wanted(certificate)
      it(`${certificate.name}, verified ${mode}: ${outcome}`, async () => {
        const kubelet = await startTestKubelet({ issued: await issue(certificate) })
        const client = await clientWith(tls)
        if (certificate.signer === 'cluster, renewed') {
          expect(await scrape(client, kubelet)).to.include({ ok: true })
          kubelet.show(await issue(certificate))
          kubelet.cut()
        }
        const scraped = await scrape(client, kubelet)
        expect(scraped.ok ? 'ok' : scraped.reason).to.equal(outcome)
        if (scraped.ok) return
        expect(scraped.detail).to.include(`${address}:${kubelet.port}`)
        for (const words of SAID[scraped.reason] ?? ['never'])
          expect(scraped.detail).to.match(new RegExp(words))
      })
    }
  }
})

async function issue({ signer, request }: Certificate): Promise<Issued> {
  const ofCluster = signer === 'cluster' || signer === 'cluster, renewed'
  const authority = ofCluster
    ? await testAuthority()
    : await createAuthority(signer === 'itself' ? 'node-1-ca@1700000000' : 'stranger')
  return authority.issue(request)
}
