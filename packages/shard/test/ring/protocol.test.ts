import { expect } from 'chai'
import { commonProtocol, readProtocols } from '../../src/ring/protocol.ts'

describe('the version of the assignment', () => {
  it('is the highest that everybody speaks', () => {
    expect(commonProtocol([[1]])).to.equal(1)
    expect(commonProtocol([[1, 2], [1]])).to.equal(1)
    expect(
      commonProtocol([
        [1, 2],
        [1, 2],
      ]),
    ).to.equal(2)
    expect(
      commonProtocol([
        [2, 3],
        [1, 2],
        [2, 3, 4],
      ]),
    ).to.equal(2)
  })

  it('is our own lowest where none is common', () => {
    expect(commonProtocol([[2, 3], [1]])).to.equal(2)
  })

  it('is read from a Lease, and 1 where that says nothing sensible', () => {
    expect(readProtocols('1,2')).to.deep.equal([1, 2])
    expect(readProtocols('2, x, -1, 0.5')).to.deep.equal([2])
    for (const text of [undefined, '', 'new']) expect(readProtocols(text)).to.deep.equal([1])
  })
})
