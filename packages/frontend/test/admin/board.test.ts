import { expect } from 'chai'
import fc from 'fast-check'
import { type BoardChange, createBoard } from '../../src/admin/board.ts'
import type { Message } from '../../src/admin/message.ts'
import { ageOf, learn, type Model } from '../../src/admin/page/model.js'
import type { NodeReading } from '../../src/admin/picture.ts'

const ring = {
  nodes: 0,
  late: 0,
  failing: 0,
  never: 0,
  greatestAgeMs: 0,
  podsServed: 0,
  podsRunning: 0,
  shards: [],
  worst: [],
}
const about = { replica: 'r', version: '1', intervalMs: 15_000, maxAgeMs: 60_000, bucketMs: 5_000 }
const messageOf = (change: BoardChange, nowMs: number, first = false): Message => ({
  ...(first ? { about } : {}),
  nowMs,
  ...change,
  ring,
  history: [],
})

/** What a page knows, as readings again, by name. */
function knownTo(model: Model | undefined): NodeReading[] {
  if (!model) return []
  return [...model.nodes.values()]
    .map(({ name, atMs, by, tookMs, failure }) => ({
      node: name,
      atMs: atMs < 0 ? 0 : atMs,
      by: model.shards.get(by) ?? '',
      tookMs,
      ...(failure ? { failure } : {}),
    }))
    .sort(byNode)
}

const byNode = (a: NodeReading, b: NodeReading) => (a.node < b.node ? -1 : 1)

describe('what the status page is told', () => {
  it('says nothing twice: only nodes that were scraped since', () => {
    const board = createBoard()
    const [n1, n2] = [reading('n1', 900, 'a'), reading('n2', 950, 'b')]
    const first = board.update([n1, n2], 1_000)
    expect(first).to.deep.equal({
      gone: [],
      nodes: [
        [0, 'n1'],
        [1, 'n2'],
      ],
      shards: [
        [0, 'a'],
        [1, 'b'],
      ],
      scraped: [0, 100, 0, 7, 1, 50, 1, 7],
      failed: [],
      mended: [],
    })
    const second = board.update([n1, { ...n2, atMs: 1_900, by: 'a' }], 2_000)
    expect(second).to.deep.include({ nodes: [], shards: [], scraped: [1, 100, 0, 7] })
  })

  it('tells a failure, each anew, and that it is over', () => {
    const board = createBoard()
    const failure = { atMs: 980, by: 'a', reason: 'refused' }
    expect(board.update([{ ...reading('n', 900, 'a'), failure }], 1_000).failed).to.deep.equal([
      [0, 20, 'a', 'refused'],
    ])
    expect(board.update([{ ...reading('n', 900, 'a'), failure }], 2_000).failed).to.deep.equal([])
    const again = { ...failure, atMs: 1_990 }
    expect(board.update([{ ...reading('n', 900, 'a'), failure: again }], 2_000).failed).to.have.lengthOf(1)
    expect(board.update([reading('n', 2_500, 'a')], 3_000)).to.deep.include({ failed: [], mended: [0] })
  })

  const names = fc.constantFrom('n1', 'n2', 'n3', 'n4', 'n5', 'n6')
  const readings = fc.uniqueArray(
    fc.record({
      node: names,
      atMs: fc.integer({ min: 0, max: 5_000 }).map((ms) => (ms < 1_000 ? 0 : ms)),
      by: fc.constantFrom('a', 'b', 'c'),
      tookMs: fc.constant(7),
      failure: fc.option(
        // A shard ends one scrape of a node at a time: its moment tells a failure from any other.
        fc
          .integer({ min: 1, max: 5_000 })
          .map((atMs) => ({ atMs, by: `s${atMs % 3}`, reason: `r${atMs % 7}` })),
        { nil: undefined },
      ),
    }),
    { selector: ({ node }) => node },
  )

  it('adds up to what was read, whatever comes, goes and fails, for who watched and for who comes late', () => {
    fc.assert(
      fc.property(fc.array(readings, { minLength: 1, maxLength: 8 }), (rounds) => {
        const board = createBoard()
        let watching: Model | undefined
        rounds.forEach((round, i) => {
          const nowMs = 6_000 + i
          const given = round.map(({ failure, ...each }) => ({
            ...each,
            by: each.atMs === 0 ? '' : each.by,
            tookMs: each.atMs === 0 ? 0 : 7,
            ...(failure ? { failure } : {}),
          }))
          const change = board.update(given, nowMs)
          watching = learn(watching, messageOf(change, nowMs, i === 0))
          const late = learn(undefined, messageOf(board.all(nowMs), nowMs, true))
          const wanted = given.toSorted(byNode)
          expect(knownTo(watching)).to.deep.equal(wanted)
          expect(knownTo(late)).to.deep.equal(wanted)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('shows a scrape that is younger than our clock as just now, not as never', () => {
    const board = createBoard()
    const model = learn(undefined, messageOf(board.update([reading('n', 1_001, 'a')], 1_000), 1_000, true))
    const [node] = model?.sorted ?? []
    expect(model && node && ageOf(model, node)).to.equal(0)
  })
})

function reading(node: string, atMs: number, by: string): NodeReading {
  return { node, atMs, by, tookMs: 7 }
}
