import { X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { certificateUser, commonName, createPeers, type Peer } from '../../src/trust/peer.ts'
import { parseBundle } from '../../src/trust/trust.ts'
import { authority, issue } from '../pki.ts'

const hourMs = 3_600_000

describe('the certificate of a connection', () => {
  it('is judged anew when the clock of the machine is put right', async () => {
    const ca = await authority('root')
    const { cert } = await issue(ca, 'CN=ann')
    const leaf = new X509Certificate(cert)
    const bundle = parseBundle(ca.cert)
    const peer: Peer = { connection: {}, leaf, offered: [] }
    const trueMs = Date.now()
    let nowMs = trueMs + 1_000 * hourMs
    const { verify } = createPeers(() => nowMs)
    expect(verify(peer, bundle).ok).to.equal(false)
    nowMs = trueMs
    expect(verify(peer, bundle).ok).to.equal(true)
    nowMs = trueMs - 1_000 * hourMs
    expect(verify(peer, bundle).ok).to.equal(false)
  })

  it('is read once, however many requests come with it', async () => {
    const { cert } = await issue(await authority('root'), 'O=dev,CN=ann')
    const leaf = new X509Certificate(cert)
    const read = leaf.toLegacyObject.bind(leaf)
    let times = 0
    leaf.toLegacyObject = () => {
      times++
      return read()
    }
    for (let request = 0; request < 3; request++) {
      expect(commonName(leaf)).to.equal('ann')
      expect(certificateUser(leaf)?.groups).to.deep.equal(['dev'])
    }
    expect(times).to.equal(1)
  })
})
