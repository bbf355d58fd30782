import { X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { verifyChain } from '../../src/trust/certificate-chain.ts'
import { parseBundle } from '../../src/trust/trust.ts'
import { type Authority, authority, type Extras, extension, issue, usage } from '../pki.ts'

const minuteMs = 60_000
const past = new Date(Date.now() - minuteMs)

function verify(
  leaf: { cert: string },
  offered: { cert: string }[],
  trusted: { cert: string }[],
  nowMs = Date.now(),
) {
  const bundle = parseBundle(trusted.map(({ cert }) => cert).join('\n'))
  const more = offered.map(({ cert }) => new X509Certificate(cert))
  return verifyChain(new X509Certificate(leaf.cert), more, bundle, nowMs)
}

describe('a client certificate', () => {
  let root: Authority
  let other: Authority
  const leaf = (extras?: Extras) => issue(root, 'CN=ann, O=ops', extras)

  before(async () => {
    root = await authority('root')
    other = await authority('other')
  })

  it('is good when a CA of the bundle signed it, until the first of the chain runs out', async () => {
    const notAfter = new Date(Math.floor(Date.now() / 1000 + 60) * 1000)
    const ann = await leaf({ notAfter })
    expect(verify(ann, [], [other, root])).to.deep.equal({ ok: true, untilMs: notAfter.getTime() })
    expect(verify(ann, [], [root], notAfter.getTime() + 1)).to.deep.include({
      reason: 'certificate has expired',
    })
  })

  it('is refused when only a CA of another bundle signed it, whatever it is sent with', async () => {
    const ann = await leaf()
    expect(verify(ann, [], [other])).to.deep.include({ reason: 'certificate signed by unknown authority' })
    expect(verify(ann, [root], [other]).ok).to.equal(false)
  })

  it('is refused when a CA of the same name signed it', async () => {
    const impostor = await authority('root')
    expect(verify(await issue(impostor, 'CN=ann'), [impostor], [root]).ok).to.equal(false)
  })

  it('is refused before and after its time', async () => {
    expect(verify(await leaf({ notAfter: past }), [], [root])).to.deep.include({
      reason: 'certificate has expired',
    })
    const early = await leaf({ notBefore: new Date(Date.now() + minuteMs) })
    expect(verify(early, [], [root])).to.deep.include({ reason: 'certificate is not yet valid' })
  })

  it('must be for client authentication; no extended usage at all means any', async () => {
    const reason = 'certificate is not for client authentication'
    expect(verify(await leaf({ usages: [usage.server] }), [], [root])).to.deep.include({ reason })
    expect(verify(await leaf({ usages: [usage.code] }), [], [root])).to.deep.include({ reason })
    expect(verify(await leaf({ usages: [usage.server, usage.client] }), [], [root]).ok).to.equal(true)
    expect(verify(await leaf({ usages: ['2.5.29.37.0'] }), [], [root]).ok).to.equal(true)
    expect(verify(await leaf({ usages: [] }), [], [root]).ok).to.equal(true)
  })

  it('is refused when its extended usage cannot be read or stands there twice', async () => {
    const broken = extension('2.5.29.37', false, 0x30, 0x03, 0x06, 0x05, 0x00)
    const twice = extension('2.5.29.37', false, 0x30, 0x00)
    expect(verify(await leaf({ usages: [], extensions: [broken] }), [], [root]).ok).to.equal(false)
    expect(verify(await leaf({ extensions: [twice] }), [], [root]).ok).to.equal(false)
  })

  it('is refused for a critical extension nobody here understands', async () => {
    const strange = (critical: boolean) => extension('1.2.3.4', critical, 5, 0)
    const reason = 'unhandled critical extension'
    expect(verify(await leaf({ extensions: [strange(true)] }), [], [root])).to.deep.include({ reason })
    expect(verify(await leaf({ extensions: [strange(false)] }), [], [root]).ok).to.equal(true)
  })

  it('is good when it is itself in the bundle', async () => {
    const ann = await issue(other, 'CN=ann')
    expect(verify(ann, [], [root, ann]).ok).to.equal(true)
  })
})

describe('a chain of CAs', () => {
  let root: Authority
  let between: Authority
  before(async () => {
    root = await authority('root', { pathLength: 1 })
    between = await authority('between', { issuer: root, pathLength: 0 })
  })
  const under = (issuer: Authority) => issue(issuer, 'CN=ann')

  it('leads over an intermediate that was sent along to the bundle', async () => {
    expect(verify(await under(between), [between], [root]).ok).to.equal(true)
    expect(verify(await under(between), [root, between, between], [root]).ok).to.equal(true)
  })

  it('is broken without the intermediate, unless the bundle has it', async () => {
    expect(verify(await under(between), [], [root]).ok).to.equal(false)
    expect(verify(await under(between), [], [between]).ok).to.equal(true)
  })

  it('is no chain over a certificate that is not a CA', async () => {
    const plain = await authority('plain', { issuer: root, ca: false })
    expect(verify(await under(plain), [plain], [root])).to.deep.include({ ok: false })
    const leaf = await issue(root, 'CN=between')
    const below = await issue({ ...root, ...leaf, subject: 'CN=between' }, 'CN=ann')
    expect(verify(below, [leaf], [root]).ok).to.equal(false)
  })

  it('is no longer than a CA allows', async () => {
    const deeper = await authority('deeper', { issuer: between })
    const got = verify(await under(deeper), [deeper, between], [root])
    expect(got).to.deep.equal({ ok: false, reason: 'too many intermediate CAs (issuer CN=between)' })
  })

  it('is broken by an intermediate out of date or for other usages', async () => {
    const old = await authority('old', { issuer: root, notAfter: past })
    expect(verify(await under(old), [old], [root])).to.deep.include({
      reason: 'certificate has expired (issuer CN=old)',
    })
    const servers = await authority('servers', { issuer: root, usages: [usage.server] })
    expect(verify(await under(servers), [servers], [root]).ok).to.equal(false)
  })

  it('made by the client itself is worth nothing', async () => {
    const own = await authority('root')
    const mine = await authority('between', { issuer: own })
    expect(verify(await under(mine), [mine, own], [root]).ok).to.equal(false)
  })

  it('that loops or branches without end is given up soon', async () => {
    const heap = await Promise.all(Array.from({ length: 12 }, () => authority('same')))
    const crossed = await Promise.all(heap.map((each) => authority('same', { issuer: each })))
    const started = performance.now()
    expect(verify(await under(heap[0] as Authority), [...heap, ...crossed], [root]).ok).to.equal(false)
    expect(performance.now() - started).to.be.below(500)
  })
})
