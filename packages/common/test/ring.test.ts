import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { assign, createRing, mostNodes, phaseMs } from '../src/ring.ts'

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`)
const membersOf = fc.integer({ min: 1, max: 24 }).map((count) => names('shard', count))
const nodesOf = fc.integer({ min: 0, max: 400 }).map((count) => names('node', count))
const moved = (before: Map<string, string>, after: Map<string, string>) =>
  [...before].filter(([node, owner]) => after.has(node) && after.get(node) !== owner).length

describe('the assignment of nodes to shards', () => {
  it('gives every node exactly one owner and no shard more than its bound', () => {
    fc.assert(
      fc.property(membersOf, nodesOf, (members, nodes) => {
        const owners = assign(createRing(members), nodes)
        expect([...owners.keys()].sort()).to.deep.equal([...nodes].sort())
        for (const member of members) {
          const owned = [...owners.values()].filter((owner) => owner === member).length
          expect(owned).to.be.at.most(mostNodes(nodes.length, members.length))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('does not depend on the order in which members and nodes are named', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(names('shard', 9), { minLength: 9 }),
        fc.shuffledSubarray(names('node', 120), { minLength: 120 }),
        (members, nodes) => {
          const reference = assign(createRing(names('shard', 9)), names('node', 120))
          const owners = assign(createRing(members), nodes)
          for (const [node, owner] of reference) expect(owners.get(node)).to.equal(owner)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('moves little besides the nodes of a member that comes or goes', () => {
    const nodes = names('node', 1000)
    for (let count = 2; count <= 30; count++) {
      const before = assign(createRing(names('shard', count)), nodes)
      const after = assign(createRing(names('shard', count - 1)), nodes)
      const own = [...before.values()].filter((owner) => owner === `shard-${count - 1}`).length
      expect(moved(before, after), `${count} → ${count - 1}`).to.be.at.most(own + 0.03 * nodes.length)
    }
  })

  it('moves at most one other node on average when a node comes', () => {
    const ring = createRing(names('shard', 7))
    let before = assign(ring, [])
    let total = 0
    for (let count = 1; count <= 500; count++) {
      const after = assign(ring, names('node', count))
      total += moved(before, after)
      before = after
    }
    expect(total / 500).to.be.at.most(1)
  })

  it('puts a takeover order behind each node that starts anywhere and names every member once', () => {
    const ring = createRing(names('shard', 5))
    for (const node of names('node', 50)) {
      expect([...ring.preference(node)].sort()).to.deep.equal(names('shard', 5))
    }
    expect(new Set(names('node', 50).map((node) => ring.preference(node).next().value)).size).to.equal(5)
  })

  it('is the same in every release of this version', () => {
    const golden = JSON.parse(
      readFileSync(new URL('vectors/assignment-1.golden.json', import.meta.url), 'utf8'),
    )
    for (const { members, nodes, owners } of golden.cases) {
      const ring = createRing(names('shard', members))
      expect(names('node', nodes).map((node) => assign(ring, names('node', nodes)).get(node))).to.deep.equal(
        owners,
      )
    }
  })

  it('has no owner without members, and refuses names the ring would misread', () => {
    expect(assign(createRing([]), ['a']).size).to.equal(0)
    expect(() => createRing(['10.0.0.1:80'])).to.throw('not a shard name')
  })

  it('spreads phases over the interval', () => {
    const phases = names('node', 1000).map((node) => phaseMs(node, 15_000))
    expect(Math.min(...phases)).to.be.at.least(0)
    expect(Math.max(...phases)).to.be.below(15_000)
    for (let slot = 0; slot < 15; slot++) {
      const inSlot = phases.filter((phase) => Math.floor(phase / 1000) === slot).length
      expect(inSlot).to.be.within(30, 110)
    }
  })
})
