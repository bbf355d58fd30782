import { expect } from 'chai'
import { drawStatus } from '../../src/status/draw-status.ts'
import { createScrapeRate } from '../../src/status/scrape-rate.ts'
import { ringStatus, type StatusInput } from '../../src/status/status-ring.ts'

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

  it('says why a node is not scraped, and nothing of failures before its last good scrape', () => {
    const failure = (atMs: number) => ({ atMs, by: 'a', reason: 'timeout: 10 s' })
    const failures = new Map([
      ['n3', failure(970_000)],
      ['n4', failure(999_000)],
      ['n1', failure(999_999)],
    ])
    const { worst, asked } = ringStatus({ ...input, failures, asked: 'n1' })
    expect(worst.map((each) => each.failure?.reason)).to.deep.equal(['timeout: 10 s', 'timeout: 10 s'])
    expect(asked).to.deep.equal({ node: 'n1', ageMs: 1_000, by: 'a' })
  })

  it('counts the nodes by age', () => {
    expect(ringStatus(input).ages.map(({ nodes }) => nodes)).to.deep.equal([1, 1, 0, 1, 0, 1])
  })

  it('is drawn as tables, and the node asked for before them', () => {
    const failures = new Map([['n3', { atMs: 999_000, by: 'b', reason: 'refused: nobody listens' }]])
    const watched = { scrapesPerS: 6.66, api: { podsServed: 99, podsRunning: 100, tookMs: 12.3 } }
    const text = drawStatus(ringStatus({ ...input, failures, asked: 'n3' }), 15_000, watched)
    expect(text.split('\n')).to.deep.equal([
      'n3 was scraped 41.0 s ago by killed',
      '  since then b failed: refused: nobody listens',
      '',
      'SHARD    STATE      RENEWED   NODES   LATE',
      'a        active     1.5 s     1       0      ██████',
      'b        draining   3.0 s     1       0      ██████',
      'killed   gone       never     1       1      ██████',
      'old      silent     50.0 s    0       0',
      '',
      '4 nodes, 2 not scraped within two intervals; greatest age 41.0 s',
      '6.7 scrapes a second',
      '99 of 100 running pods served (99 %); listed in 12 ms',
      '',
      'AGE         NODES',
      'to 7.5 s    1       ██████',
      'to 18.8 s   1       ██████',
      'to 30 s     0',
      'to 60 s     1       ██████',
      'older       0',
      'never       1       ██████',
      '',
      'NODE   AGE      BY       WHY',
      'n4     never    -',
      'n3     41.0 s   killed   refused: nobody listens',
    ])
  })

  it('says so where the API does not answer', () => {
    const text = drawStatus(ringStatus(input), 15_000, { api: { trouble: '/api/v1/pods answered 403' } })
    expect(text).to.include('pods served: not known (/api/v1/pods answered 403)')
  })

  it('counts scrapes between two looks', () => {
    const rate = createScrapeRate()
    const nodes = (...atMs: number[]) =>
      new Map(atMs.map((each, n) => [`n${n}`, { atMs: each, by: 'a', tookMs: 1 }]))
    expect(rate.look(nodes(1_000, 2_000), 3_000)).to.equal(undefined)
    expect(rate.look(nodes(4_000, 2_000, 4_500), 5_000)).to.equal(1)
    expect(rate.look(nodes(4_000, 2_000, 4_500), 7_000)).to.equal(0)
  })
})
