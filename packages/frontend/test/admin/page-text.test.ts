import { expect } from 'chai'
import { findNodes, type Model, type Node, stateOf, whyNot } from '../../src/admin/page/model.js'
import { percent, plural, seconds, shortener } from '../../src/admin/page/text.js'

const about = { intervalMs: 15_000, maxAgeMs: 60_000 }

describe('the words of the status page', () => {
  it('call a node by the intervals since it was scraped', () => {
    const ages = [0, 7_500, 15_400, 18_800, 30_000, 30_001, 60_001, -1]
    expect(ages.map((ageMs) => stateOf(ageMs, about))).to.deep.equal([
      ...['young', 'young', 'due', 'missed', 'missed', 'late', 'stale', 'never'],
    ])
  })

  it('say 100 % only if nothing is missing', () => {
    expect([1, 0.99999, 0.5, 0].map(percent)).to.deep.equal(['100 %', '99.99 %', '50 %', '0 %'])
  })

  it('give ages in the unit that suits them', () => {
    expect([-1, 0, 15_040, 150_000, 7_200_000].map(seconds)).to.deep.equal([
      ...['never', '0.0 s', '15.0 s', '3 min', '2 h'],
    ])
    expect([plural(1, 'node'), plural(5_000, 'node')]).to.deep.equal(['1 node', '5,000 nodes'])
  })

  it('leave out what the names of all pods begin with', () => {
    const pods = ['metrics-ring-shard-6d9f-x7k2q', 'metrics-ring-shard-6d9f-p4m9z']
    expect(pods.map(shortener(pods))).to.deep.equal(['…x7k2q', '…p4m9z'])
    expect(['shard-0', 'shard-1'].map(shortener(['shard-0', 'shard-1']))).to.deep.equal([
      'shard-0',
      'shard-1',
    ])
    expect(shortener(['metrics-ring-shard-x'])('metrics-ring-shard-x')).to.equal('metrics-ring-shard-x')
  })

  it('find a node by any part of its name, beginnings first', () => {
    const sorted = ['a-web', 'b', 'web-1', 'web-2'].map((name) => ({ name }))
    const find = (text: string, limit = 8) =>
      findNodes({ sorted } as unknown as Model, text, limit).map(({ name }) => name)
    expect(find('WEB')).to.deep.equal(['web-1', 'web-2', 'a-web'])
    expect(find('web', 2)).to.deep.equal(['web-1', 'web-2'])
    expect([find(' '), find('x')]).to.deep.equal([[], []])
  })

  it('give the reason of a failure, or that the shard is silent', () => {
    const model = { ring: { shards: [{ slot: 1, silent: true }] } } as unknown as Model
    const node = (part: Partial<Node>) => ({ slot: 0, name: 'n', atMs: 1, by: 1, tookMs: 1, ...part })
    expect(whyNot(model, node({}))).to.match(/^its shard is silent/)
    expect(whyNot(model, node({ by: 2 }))).to.equal(undefined)
    const failure = { atMs: 2, by: 'a', reason: 'refused: x' }
    expect(whyNot(model, node({ failure }))).to.equal('refused: x')
  })
})
