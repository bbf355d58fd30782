import { CodedError } from '@metrics-ring/common/errors'
import { pack } from '@metrics-ring/common/testing/record-objects'
import { expect } from 'chai'
import { createShardEvents } from '../src/events.ts'
import { type Failures, failedAgain } from '../src/patience.ts'
import { createNodeBook } from '../src/report/node-book.ts'
import type { Heard, Outcome } from '../src/scrape.ts'
import { createFakeMeter } from './fake-meter.ts'

const W = 15_000

const heard: Heard = { bytes: 1_000, malformedLines: 0, incomplete: false, rejected: 0, ageMs: 4_000 }
const known = { uid: 'u', body: pack({ node: {}, pods: [] }), version: 1 }
const accepted = (more: Partial<Heard> = {}): Outcome => ({
  result: 'accepted',
  known,
  tookMs: 20,
  heard: { ...heard, ...more },
})
const failed = (reason: string): Outcome => ({
  result: 'failed',
  reason,
  detail: `${reason} it was`,
  known: undefined,
  spentMs: 300,
})

function setUp() {
  let nowMs = 1_000_000
  const lines: { atMs: number; level: string; fields: Record<string, unknown>; message: string }[] = []
  const write = (level: string) => (fields: object, message: string) =>
    lines.push({ atMs: nowMs, level, fields: { ...fields }, message })
  const log = { debug() {}, info: write('info'), warn: write('warn'), error: write('error') }
  const metrics = createFakeMeter()
  const mono = () => nowMs
  const book = createNodeBook(mono)
  const events = createShardEvents(log, { mono, meter: metrics.meter, book })
  const failures = new Map<string, Failures>()
  /** As the shard does it. */
  const scraped = (node: string, outcome: Outcome) => {
    if (outcome.result === 'failed') failures.set(node, failedAgain(failures.get(node), outcome.reason, true))
    else failures.delete(node)
    events.scraped(node, outcome, failures.get(node))
  }
  return { events, scraped, book, lines, metrics, pass: (ms: number) => (nowMs += ms), mono }
}

/** The most lines in any minute. */
function busiestMinute(lines: { atMs: number }[]): number {
  const within = (fromMs: number) =>
    lines.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 60_000).length
  return Math.max(0, ...lines.map(({ atMs }) => within(atMs)))
}

describe('the log of a shard', () => {
  it('has one line when a node fails, one when the reason changes, one when it is back', () => {
    const { scraped, lines, pass } = setUp()
    for (const outcome of [accepted(), failed('timeout'), failed('timeout'), failed('refused'), accepted()]) {
      scraped('n1', outcome)
      pass(W)
    }
    expect(lines.map(({ message, fields }) => [message, fields.reason])).to.deep.equal([
      ['cannot scrape this node', 'timeout'],
      ['cannot scrape this node', 'refused'],
      ['this node is scraped again', undefined],
    ])
    expect(lines[0]?.fields).to.include({ node: 'n1', detail: 'timeout it was' })
  })

  it('has one line when the store refuses samples, and one when it takes them for good', () => {
    const { scraped, lines, pass } = setUp()
    const unwritten = (code: string): Outcome => {
      return { result: 'unwritten', error: new CodedError(code, code), known, tookMs: 20, heard }
    }
    scraped('n1', unwritten('store_unavailable'))
    expect(lines, 'what the connection tells').to.deep.equal([])
    for (const outcome of [unwritten('store_full'), accepted(), unwritten('store_full'), accepted()]) {
      scraped('n1', outcome)
      pass(W / 5)
    }
    pass(W)
    scraped('n1', accepted())
    scraped('n1', accepted())
    expect(lines.map(({ message }) => message)).to.deep.equal([
      'the store takes no samples; scraping goes on',
      'the store takes samples again',
    ])
  })

  it('has fewer than 10 lines in any minute when 1,000 nodes die, stay dead and come back', () => {
    const { scraped, lines, pass } = setUp()
    const interval = (outcome: (node: number) => Outcome) => {
      for (let node = 0; node < 1_000; node++) {
        scraped(`n${node}`, outcome(node))
        pass(W / 1_000)
      }
    }
    interval(() => accepted())
    for (let i = 0; i < 30; i++) interval(() => failed('refused'))
    for (let i = 0; i < 10; i++) interval((node) => failed(node % 3 === i % 3 ? 'timeout' : 'reset'))
    for (let i = 0; i < 10; i++) interval((node) => (node % 2 === i % 2 ? accepted() : failed('timeout')))
    for (let i = 0; i < 30; i++) interval(() => accepted())
    expect(busiestMinute(lines)).to.be.below(10)
    const gathered = lines.filter(({ message }) => message === 'more nodes changed than are named')
    expect(gathered[0]?.fields.failed).to.be.above(900)
    expect(lines.filter(({ message }) => message === 'some nodes cannot be scraped')).to.not.deep.equal([])
    expect(gathered.at(-1)?.fields).to.deep.include({ states: { ok: 1_000 } })
  })

  it('says that a node which keeps refusing is asked rarely from now on', () => {
    const { scraped, lines, pass } = setUp()
    for (let i = 0; i < 12; i++) {
      scraped('fargate', failed('refused'))
      pass(W)
    }
    expect(lines.map(({ message }) => message)).to.deep.equal([
      'cannot scrape this node',
      'nobody listens on this node: asking rarely',
    ])
  })
})

describe('the metrics of a shard', () => {
  it('count scrapes by result and reason, never by node', () => {
    const { scraped, metrics } = setUp()
    for (let node = 0; node < 50; node++) scraped(`n${node}`, node < 40 ? accepted() : failed('timeout'))
    const counted = [...metrics.counted].filter(([, count]) => count > 0)
    expect(Object.fromEntries(counted)).to.deep.equal({
      'metrics_ring.scrapes{result=accepted}': 40,
      'metrics_ring.scrapes{result=failed,reason=timeout}': 10,
      'metrics_ring.scrape.size{}': 40_000,
    })
    expect(metrics.recorded.get('metrics_ring.scrape.duration{result=answered}')).to.have.length(40)
    expect(metrics.recorded.get('metrics_ring.scrape.duration{result=failed}')?.[0]).to.equal(0.3)
    expect(metrics.recorded.get('metrics_ring.scrape.point.age{}')?.[0]).to.equal(4)
  })

  it('count what was not understood, and the answers that are said to be incomplete', () => {
    const { scraped, metrics } = setUp()
    scraped('n1', accepted({ malformedLines: 3, incomplete: true, rejected: 2 }))
    expect(metrics.counted.get('metrics_ring.decode.malformed_lines{}')).to.equal(3)
    expect(metrics.counted.get('metrics_ring.scrape.incomplete{}')).to.equal(1)
    expect(metrics.counted.get('metrics_ring.usage.rejected{}')).to.equal(2)
  })

  it('count evictions by reason, and tell of every ring by a number that shards of the same ring share', () => {
    const { events, metrics } = setUp()
    for (const kind of ['expired', 'expired', 'left'] as const) events.membersEffect({ kind, shard: 'b' })
    events.membersEffect({ kind: 'joining', shard: 'c' })
    expect(metrics.counted.get('metrics_ring.evictions{reason=expired}')).to.equal(2)
    expect(metrics.counted.get('metrics_ring.evictions{reason=draining}')).to.equal(0)
    expect(metrics.counted.get('metrics_ring.evictions{reason=left}')).to.equal(1)
    const epoch = () => metrics.observed().get('metrics_ring.epoch{}')
    expect(epoch()).to.equal(undefined)
    const epochs = [
      [['a', 'b'], 1],
      [['a', 'c'], 1],
      [['a', 'b'], 2],
    ].map(([members, protocol]) => {
      events.members(members as string[], protocol as number)
      return epoch()
    })
    expect(new Set(epochs).size).to.equal(3)
    events.members(['a', 'b'], 1)
    expect(epoch()).to.equal(epochs[0])
  })

  it('tell quarantined nodes from failing ones, and forget those that go', () => {
    const { scraped, events, metrics } = setUp()
    scraped('n1', accepted())
    scraped('n2', failed('timeout'))
    for (let i = 0; i < 10; i++) scraped('fargate', failed('refused'))
    expect(Object.fromEntries(metrics.observed())).to.deep.equal({
      'metrics_ring.nodes.silent{}': 2,
      'metrics_ring.nodes.greatest_age{}': 0,
      'metrics_ring.nodes{state=ok}': 1,
      'metrics_ring.nodes{state=timeout}': 1,
      'metrics_ring.nodes{state=quarantined}': 1,
    })
    events.claimChanged('n2', 'own', undefined)
    expect(metrics.observed().has('metrics_ring.nodes{state=timeout}')).to.equal(false)
  })
})

describe('/debug/nodes', () => {
  it('shows the worst nodes first: never answered, longest failing, oldest readings', () => {
    const { scraped, book, pass } = setUp()
    scraped('early', accepted())
    pass(W)
    for (const node of ['late', 'fresh', 'stale'])
      scraped(node, accepted(node === 'stale' ? { ageMs: 19_000 } : {}))
    for (const node of ['early', 'late', 'never']) scraped(node, failed('timeout'))
    pass(1_000)
    const { total, shown, nodes } = book.report(4) as {
      total: number
      shown: number
      nodes: { node: string }[]
    }
    expect([total, shown]).to.deep.equal([5, 4])
    expect(nodes.map(({ node }) => node)).to.deep.equal(['never', 'early', 'late', 'stale'])
    expect(nodes[1]).to.include({
      state: 'timeout',
      detail: 'timeout it was',
      failures: 1,
      triedAgoMs: 1_000,
    })
    expect(nodes[1]).to.include({ answeredAgoMs: 16_000, bytes: 1_000, pointAgeMs: 4_000 })
  })
})
