import { expect } from 'chai'
import { drawPicture, type NodeReading } from '../../src/admin/picture.ts'

const nowMs = 1_000_000
const at = { nowMs, intervalMs: 15_000, worst: 3 }
const node = (name: string, agoS: number, by = 'a', part: Partial<NodeReading> = {}): NodeReading => ({
  node: name,
  atMs: nowMs - agoS * 1000,
  by,
  tookMs: 10,
  ...part,
})
const failure = (agoS: number, by = 'a') => ({ atMs: nowMs - agoS * 1000, by, reason: 'timeout: 10 s' })

describe('the picture of a ring', () => {
  it('gives each shard the nodes that it was the last to scrape', () => {
    const { shards, nodes } = drawPicture([node('n1', 3, 'b'), node('n2', 9), node('n3', 5)], at)
    expect(shards.map(({ shard, nodes: its }) => [shard, its])).to.deep.equal([
      ['a', 2],
      ['b', 1],
    ])
    expect(nodes).to.equal(3)
  })

  it('has no arc left of a shard once others have scraped all its nodes', () => {
    const before = drawPicture([node('n1', 30, 'killed'), node('n2', 1)], at)
    expect(before.shards.map(({ shard, silent }) => [shard, silent])).to.deep.equal([
      ['a', false],
      ['killed', true],
    ])
    const after = drawPicture([node('n1', 2), node('n2', 1)], at)
    expect(after.shards.map(({ shard }) => shard)).to.deep.equal(['a'])
  })

  it('calls a shard silent when neither scrapes nor failures of it came for more than an interval', () => {
    const silent = (readings: NodeReading[]) => drawPicture(readings, at).shards.map((each) => each.silent)
    expect(silent([node('n1', 15)])).to.deep.equal([false])
    expect(silent([node('n1', 21)])).to.deep.equal([true])
    expect(silent([node('n1', 90, 'a', { failure: failure(2) })])).to.deep.equal([false])
  })

  it('counts what is late, what fails and what was never scraped', () => {
    const never = { node: 'n4', atMs: 0, by: '', tookMs: 0, failure: failure(1, 'b') }
    const picture = drawPicture(
      [node('n1', 1), node('n2', 29), node('n3', 31, 'a', { failure: failure(4) }), never],
      at,
    )
    expect(picture).to.include({ nodes: 4, late: 2, failing: 2, never: 1, greatestAgeMs: 31_000 })
    expect(picture.shards.map(({ shard, nodes, failing }) => [shard, nodes, failing])).to.deep.equal([
      ['a', 3, 1],
      ['b', 0, 1],
    ])
  })

  it('lists the never scraped and the longest unscraped first, and no more than asked for', () => {
    const never = { node: 'new', atMs: 0, by: '', tookMs: 0 }
    const { worst } = drawPicture([node('n1', 1), node('n2', 9), never, node('n3', 40)], at)
    expect(worst.map((each) => each.node)).to.deep.equal(['new', 'n3', 'n2'])
  })

  it('lists nodes that fail before those that only wait, however long', () => {
    const failing = node('n1', 31, 'a', { failure: failure(2) })
    const { worst } = drawPicture([node('n2', 300), failing, node('n3', 400)], at)
    expect(worst.map((each) => each.node)).to.deep.equal(['n1', 'n3', 'n2'])
  })

  it('is empty before there is anything', () => {
    expect(drawPicture([], at)).to.deep.equal({
      shards: [],
      nodes: 0,
      late: 0,
      failing: 0,
      never: 0,
      greatestAgeMs: undefined,
      worst: [],
    })
  })
})
