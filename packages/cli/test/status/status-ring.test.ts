import { expect } from 'chai'
import { drawStatus, ringStatus, type StatusInput } from '../../src/status/status-ring.ts'

const wallMs = Date.parse('2026-01-01T00:01:00Z')
const lease = (shard: string, renewed: string, state: 'active' | 'draining' = 'active') => ({
  shard,
  holder: shard,
  renewTime: `2026-01-01T00:${renewed}Z`,
  state,
  durationMs: 20_000,
  resourceVersion: '1',
  protocols: [1],
})
const input: StatusInput = {
  leases: [lease('b', '00:57.000001', 'draining'), lease('a', '00:58.500002'), lease('old', '00:10.0')],
  nodes: ['n1', 'n2', 'n3', 'n4'],
  freshness: new Map([
    ['n1', { atMs: 1_000_000, by: 'a', tookMs: 10 }],
    ['n2', { atMs: 985_000, by: 'b', tookMs: 10 }],
    ['n3', { atMs: 960_000, by: 'killed', tookMs: 10 }],
    ['deleted', { atMs: 1, by: 'a', tookMs: 10 }],
  ]),
  storeMs: 1_001_000,
  wallMs,
  intervalMs: 15_000,
  worst: 2,
}

describe('the status of a ring', () => {
  it('names every shard that has a Lease or has scraped, and how it is', () => {
    const { shards } = ringStatus(input)
    expect(shards.map(({ shard, state, nodes, late }) => [shard, state, nodes, late])).to.deep.equal([
      ['a', 'active', 1, 0],
      ['b', 'draining', 1, 0],
      ['killed', 'gone', 1, 1],
      ['old', 'silent', 0, 0],
    ])
  })

  it('lists the longest unscraped nodes first, and counts the late ones', () => {
    const { nodes, late, greatestAgeMs, worst } = ringStatus(input)
    expect({ nodes, late, greatestAgeMs }).to.deep.equal({ nodes: 4, late: 2, greatestAgeMs: 41_000 })
    expect(worst).to.deep.equal([
      { node: 'n4', ageMs: undefined, by: '' },
      { node: 'n3', ageMs: 41_000, by: 'killed' },
    ])
  })

  it('takes a scrape of this moment for one, though its shard was ahead of the store, and none of the future', () => {
    const at = (atMs: number) => {
      const freshness = new Map([['n1', { atMs, by: 'a', tookMs: 10 }]])
      return ringStatus({ ...input, nodes: ['n1'], freshness }).worst[0]?.ageMs
    }
    expect(at(input.storeMs + 900)).to.equal(0)
    expect(at(input.storeMs + 60_000)).to.equal(undefined)
  })

  it('is drawn as a table', () => {
    expect(drawStatus(ringStatus(input)).split('\n')).to.deep.equal([
      'SHARD    STATE      RENEWED   NODES   LATE',
      'a        active     1.5 s     1       0',
      'b        draining   3.0 s     1       0',
      'killed   gone       never     1       1',
      'old      silent     50.0 s    0       0',
      '',
      '4 nodes, 2 not scraped within two intervals; greatest age 41.0 s',
      '',
      'NODE   AGE      BY',
      'n4     never    -',
      'n3     41.0 s   killed',
    ])
  })
})
