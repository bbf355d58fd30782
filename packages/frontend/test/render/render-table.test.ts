import { expect } from 'chai'
import fc from 'fast-check'
import { cpuQuantity, memoryQuantity } from '../../src/render/quantity.ts'
import { podItemJson } from '../../src/render/render-json.ts'
import { type TableForm, tableDocument, tableRow, usageNames } from '../../src/render/render-table.ts'
import type { ItemUsage, PodItem } from '../../src/view/item.ts'
import { podItems } from './arbitrary-items.ts'

const form: TableForm = { resource: 'pods', version: 'v1', tableVersion: 'v1', includeObject: 'None' }
const pod = (...usages: ItemUsage[]): PodItem => ({
  namespace: 'ns',
  name: 'p',
  labels: {},
  timestampMs: 1_700_000_000_000,
  windowMs: 15_029,
  containers: usages.map((usage, index) => ({ name: `c${index}`, usage })),
})
const cellsOf = (item: PodItem, names = ['cpu', 'memory']) =>
  JSON.parse(tableRow(podItemJson(item), names, form)).cells

describe('a row of a table', () => {
  it('has name, the sums of its containers and the window', () => {
    const both = [
      { cpuNanocores: 156_340, memoryBytes: 2 ** 20 },
      { cpuNanocores: 1e9, memoryBytes: 500 },
    ]
    expect(cellsOf(pod(...both))).to.deep.equal(['p', '1000156340n', '1049076', '15.029s'])
  })

  it('adds up exactly, whatever the sizes', () => {
    fc.assert(
      fc.property(podItems, (item) => {
        fc.pre(item.containers.length > 0)
        const sum = (of: (usage: ItemUsage) => number) =>
          item.containers.reduce((total, { usage }) => total + BigInt(of(usage)), 0n)
        expect(cellsOf(item).slice(1, 3)).to.deep.equal([
          cpuQuantity(sum((usage) => usage.cpuNanocores)),
          memoryQuantity(sum((usage) => usage.memoryBytes)),
        ])
      }),
    )
  })

  it('has a column for swap where the first item reports it, and 0 where a later one does not', () => {
    const swapping = pod({ cpuNanocores: 1, memoryBytes: 1, swapBytes: 2 ** 20 })
    const names = usageNames(podItemJson(swapping))
    expect(names).to.deep.equal(['cpu', 'memory', 'swap'])
    expect(cellsOf(swapping, names)).to.deep.equal(['p', '1n', '1', '1Mi', '15.029s'])
    expect(cellsOf(pod({ cpuNanocores: 1, memoryBytes: 1 }), names)).to.deep.equal([
      'p',
      '1n',
      '1',
      '0',
      '15.029s',
    ])
  })
})

describe('a table', () => {
  it('names its columns as wire.md does, and none where it is empty', () => {
    const columns = (name: string, format: string, description = '') => ({
      name,
      type: 'string',
      format,
      description,
      priority: 0,
    })
    expect(
      tableDocument(podItemJson(pod({ cpuNanocores: 1, memoryBytes: 1 })), 'v1beta1', { continue: 'x' }),
    ).to.deep.equal({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1beta1',
      metadata: { continue: 'x' },
      columnDefinitions: [
        columns('Name', 'name', 'Name of the resource'),
        columns('cpu', 'quantity'),
        columns('memory', 'quantity'),
        columns('Window', 'duration'),
      ],
    })
    expect(tableDocument(undefined, 'v1')).to.deep.include({ columnDefinitions: [] })
  })
})
