import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { expect } from 'chai'
import { createAuthority, createKeyPair } from '../src/pki.ts'

describe('the cluster CA', () => {
  it('is a certificate authority that signed itself', async () => {
    const authority = await createAuthority('kubernetes')
    const certificate = new X509Certificate(authority.certPem)
    expect(certificate.ca).to.equal(true)
    expect(certificate.checkIssued(certificate)).to.equal(true)
    expect(certificate.verify(certificate.publicKey)).to.equal(true)
  })

  it('issues certificates with names, addresses, groups and dates as asked', async () => {
    const authority = await createAuthority('kubernetes')
    const notBefore = new Date('2031-02-03T04:05:06Z')
    const notAfter = new Date('2061-02-03T04:05:06Z')
    const { certPem, keyPem } = await authority.issue({
      commonName: 'system:node:n1',
      organizations: ['system:nodes', 'système'],
      dnsNames: ['n1', 'n1.example'],
      ipAddresses: ['127.200.3.4', 'fd00::1:2'],
      usages: ['serverAuth', 'clientAuth'],
      notBefore,
      notAfter,
    })
    const certificate = new X509Certificate(certPem)
    expect(certificate.subject).to.equal('O=system:nodes\nO=système\nCN=system:node:n1')
    expect(certificate.subjectAltName).to.equal(
      'DNS:n1, DNS:n1.example, IP Address:127.200.3.4, IP Address:FD00:0:0:0:0:0:1:2',
    )
    expect(certificate.keyUsage).to.include('1.3.6.1.5.5.7.3.1')
    expect(certificate.validFromDate).to.deep.equal(notBefore)
    expect(certificate.validToDate).to.deep.equal(notAfter)
    expect(certificate.checkIssued(new X509Certificate(authority.certPem))).to.equal(true)
    expect(keyPem).to.match(/^-----BEGIN PRIVATE KEY-----/)
  })

  it('lets many certificates share one key, with different serial numbers', async () => {
    const authority = await createAuthority('kubernetes')
    const keyPair = await createKeyPair()
    const issue = () => authority.issue({ commonName: 'n', usages: ['serverAuth'], keyPair })
    const [a, b] = [await issue(), await issue()]
    expect(a.keyPem).to.equal(b.keyPem)
    expect(new X509Certificate(a.certPem).serialNumber).not.to.equal(
      new X509Certificate(b.certPem).serialNumber,
    )
  })

  it('is trusted by a strict TLS client in both directions, and a stranger with the same name is not', async () => {
    const authority = await createAuthority('kubernetes')
    const stranger = await createAuthority('kubernetes')
    const served = await authority.issue({
      commonName: 's',
      ipAddresses: ['127.0.0.1'],
      usages: ['serverAuth'],
    })
    const presented = await authority.issue({ commonName: 'me', usages: ['clientAuth'] })
    const ca = authority.certPem
    const server = tls.createServer(
      { key: served.keyPem, cert: served.certPem, ca, requestCert: true },
      (socket) => socket.end(String(socket.authorized)),
    )
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const said = (trusted: string) =>
      new Promise<string>((resolve) => {
        const options = { ca: trusted, key: presented.keyPem, cert: presented.certPem }
        const socket = tls.connect({ host: '127.0.0.1', port, ...options })
        socket.on('data', (data) => resolve(data.toString()))
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      })
    expect(await said(ca)).to.equal('true')
    expect(await said(stranger.certPem)).to.match(/SIGNATURE|UNABLE_TO_VERIFY|CERT/)
    server.close()
  })
})
