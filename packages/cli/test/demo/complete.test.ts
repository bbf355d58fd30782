import { expect } from 'chai'
import { judgeTop } from '../../src/demo/complete.ts'

const printed = (stdout: string) => ({ ok: true, stdout, stderr: '' })
const nodes = 'NAME    CPU(cores)   CPU(%)\nn1      1m           2%\nn2      1m           2%\n'
const pods = 'NAMESPACE   NAME   CPU(cores)\na           p      1m\nb           p      1m\n'

describe('whether kubectl top is complete', () => {
  it('is, when each node and each pod has its row', () => {
    const top = judgeTop(printed(nodes), printed(pods), { nodes: ['n1', 'n2'], pods: ['a p', 'b p'] })
    expect(top).to.deep.equal({ nodes, pods, missing: [], missingRows: 0 })
  })

  it('is not, when a row is missing; it tells which, and the first few of many', () => {
    const wanted = { nodes: ['n1', 'n2'], pods: ['a p', 'a q', 'c p', 'c q', 'c r'] }
    const { missing, missingRows } = judgeTop(printed(nodes), printed(pods), wanted)
    expect(missing).to.deep.equal(['4 of 5 pods have no row (a q, c p, c q, …)'])
    expect(missingRows).to.equal(4)
  })

  it('is not, when kubectl fails or shows <unknown>, and says so once', () => {
    const failed = { ok: false, stdout: '', stderr: 'error: Metrics API not available\n' }
    const { missing } = judgeTop(failed, failed, { nodes: ['n1'], pods: [] })
    expect(missing).to.deep.equal(['1 of 1 nodes have no row (n1)', 'error: Metrics API not available'])
    const unknown = printed(nodes.replace('1m', '<unknown>'))
    expect(judgeTop(unknown, printed(pods), { nodes: [], pods: [] }).missing).to.deep.equal([
      'a node is <unknown>',
    ])
  })
})
