import { expect } from 'chai'
import fc from 'fast-check'
import { type BodyObjects, pack, unpack, unpackFollowed } from '../../testing/record-objects.ts'
import { bodies, withoutBases } from './bodies.ts'

const atMs = 1_700_000_000_123

describe('a packed record', () => {
  it('gives back what went in', () =>
    fc.assert(
      fc.property(bodies(atMs), (given) => {
        expect(unpack(pack(given))).to.deep.equal(given)
      }),
    ))

  it('holds the CPU of any counter, also beyond 64 bits, as the store may have it', () => {
    for (const cpuNs of [0n, 2n ** 52n - 1n, 2n ** 52n, 2n ** 53n + 1n, 2n ** 64n - 1n, 10n ** 24n - 1n]) {
      const body: BodyObjects = { node: { base: { timestampMs: 1, cpuNs, atMs: 2 } }, pods: [] }
      expect(unpack(pack(body)).node.base?.cpuNs).to.equal(cpuNs)
    }
  })

  it('takes a start of a follower, without a base', () => {
    const body: BodyObjects = {
      node: {},
      pods: [{ namespace: 'a', name: 'p', containers: [{ name: 'c', startMs: 7 }] }],
    }
    expect(unpack(pack(body))).to.deep.equal(body)
  })

  it('gives a follower the same without bases', () =>
    fc.assert(
      fc.property(bodies(atMs), (given) => {
        expect(unpackFollowed(pack(given))).to.deep.equal(withoutBases(given))
        expect(unpackFollowed(pack(withoutBases(given)))).to.deep.equal(withoutBases(given))
      }),
    ))
})
