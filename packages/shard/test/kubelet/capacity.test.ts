import { expect } from 'chai'
import { nodeCapacity } from '../../src/kubelet/capacity.ts'

const of = (cpu: unknown, memory: unknown) => nodeCapacity({ status: { capacity: { cpu, memory } } })

describe('the capacity of a Node', () => {
  it('is read from quantities of every form', () => {
    expect(of('16', '32828468Ki')).to.deep.equal({ cpuNanocores: 16e9, memoryBytes: 32_828_468 * 1024 })
    expect(of('7910m', '64Gi')).to.deep.equal({ cpuNanocores: 7.91e9, memoryBytes: 64 * 2 ** 30 })
    expect(of('2.5', '1E')).to.deep.equal({ cpuNanocores: 2.5e9, memoryBytes: 1e18 })
    expect(of('4e0', '8e9')).to.deep.equal({ cpuNanocores: 4e9, memoryBytes: 8e9 })
    expect(of(4, '1Ei')).to.deep.equal({ cpuNanocores: 4e9, memoryBytes: 2 ** 60 })
  })

  it('is unknown where the Node states none, zero or nonsense', () => {
    expect(nodeCapacity({})).to.equal(undefined)
    for (const [cpu, memory] of [
      ['0', '1Gi'],
      ['4', undefined],
      ['four', '1Gi'],
      ['-4', '1Gi'],
      ['4', '1Zi'],
      [{}, []],
    ])
      expect(of(cpu, memory), `${cpu} ${memory}`).to.equal(undefined)
  })
})
