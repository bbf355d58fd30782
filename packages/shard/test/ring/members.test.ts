import { expect } from 'chai'
import {
  type LeaseView,
  type MembersEffect,
  type MembersState,
  memberNames,
  nextJoinMs,
  noMembers,
  reduceMembers,
} from '../../src/ring/members.ts'
import { times } from '../../src/ring/times.ts'

const W = times(15_000)

/** A ring as seen by "me"; times in seconds. */
function setUp() {
  let state: MembersState = noMembers('me')
  const effects: MembersEffect[] = []
  const apply = (event: Parameters<typeof reduceMembers>[1], at: number) => {
    const reduced = reduceMembers(state, event, at * 1000, W)
    state = reduced.state
    effects.push(...reduced.effects)
  }
  return {
    effects,
    proof: (at: number, ...leases: LeaseView[]) => apply({ kind: 'proof', leases }, at),
    drain: () => apply({ kind: 'drain' }, 0),
    members: (at: number) => memberNames(state, at * 1000),
    nextJoin: (at: number) => nextJoinMs(state, at * 1000),
  }
}

function lease(shard: string, renewed: number, more: Partial<LeaseView> = {}): LeaseView {
  return {
    shard,
    holder: `${shard}_uid`,
    renewTime: String(renewed),
    state: 'active',
    durationMs: 20_000,
    resourceVersion: '1',
    protocols: [1],
    ...more,
  }
}

describe('the members of the ring', () => {
  it('are nobody before the first proof', () => {
    expect(setUp().members(0)).to.deep.equal([])
  })

  it('are, at the first proof, me and all that are listed', () => {
    const ring = setUp()
    ring.proof(0, lease('b', 0), lease('a', 0))
    expect(ring.members(0)).to.deep.equal(['a', 'b', 'me'])
  })

  it('take in a newcomer when it has been listed for two seconds', () => {
    const ring = setUp()
    ring.proof(0)
    ring.proof(5, lease('new', 5))
    expect(ring.members(6.9)).to.deep.equal(['me'])
    expect(ring.nextJoin(5)).to.equal(7_000)
    expect(ring.members(7)).to.deep.equal(['me', 'new'])
    expect(ring.nextJoin(7)).to.equal(undefined)
  })

  it('lose a peer whose Lease has not changed for its duration', () => {
    const ring = setUp()
    for (const at of [0, 5, 10, 15]) ring.proof(at, lease('dead', 0))
    expect(ring.members(15)).to.deep.equal(['dead', 'me'])
    ring.proof(20, lease('dead', 0))
    expect(ring.members(20)).to.deep.equal(['me'])
    expect(ring.effects).to.deep.include({ kind: 'expired', shard: 'dead' })
  })

  it('never lose anybody without a proof, however long it takes', () => {
    const ring = setUp()
    ring.proof(0, lease('peer', 0))
    expect(ring.members(100_000)).to.deep.equal(['me', 'peer'])
  })

  it('are all given a fresh period after a long time without a proof', () => {
    const ring = setUp()
    ring.proof(0, lease('peer', 0))
    ring.proof(90, lease('peer', 0))
    expect(ring.members(90)).to.deep.equal(['me', 'peer'])
    for (const at of [95, 100, 105]) ring.proof(at, lease('peer', 0))
    expect(ring.members(105)).to.deep.equal(['me', 'peer'])
    ring.proof(110, lease('peer', 0))
    expect(ring.members(110)).to.deep.equal(['me'])
  })

  it('take back a peer whose Lease changes again, once it is stable', () => {
    const ring = setUp()
    for (const at of [0, 5, 10, 15, 20]) ring.proof(at, lease('peer', 0))
    ring.proof(25, lease('peer', 25))
    expect(ring.members(26)).to.deep.equal(['me'])
    expect(ring.members(27)).to.deep.equal(['me', 'peer'])
  })

  it('lose at once a peer that drains or whose Lease is gone', () => {
    const ring = setUp()
    ring.proof(0, lease('a', 0), lease('b', 0))
    ring.proof(5, lease('a', 5, { state: 'draining' }))
    expect(ring.members(5)).to.deep.equal(['me'])
    expect(ring.effects).to.deep.equal([
      { kind: 'joining', shard: 'a' },
      { kind: 'joining', shard: 'b' },
      { kind: 'draining', shard: 'a' },
      { kind: 'left', shard: 'b' },
    ])
  })

  it('do not include me while I drain', () => {
    const ring = setUp()
    ring.proof(0, lease('peer', 0))
    ring.drain()
    expect(ring.members(0)).to.deep.equal(['peer'])
  })

  it('are judged by bounded durations, whatever a Lease says', () => {
    const ring = setUp()
    const strange = [lease('hasty', 0, { durationMs: 1 }), lease('eternal', 0, { durationMs: 1e9 })]
    for (let at = 0; at <= 5; at += 5) ring.proof(at, ...strange)
    expect(ring.members(5)).to.deep.equal(['eternal', 'hasty', 'me'])
    for (let at = 10; at <= 60; at += 5) ring.proof(at, ...strange)
    expect(ring.members(60)).to.deep.equal(['me'])
  })

  it('ask to remove what nobody has written for ten durations', () => {
    const ring = setUp()
    for (let at = 0; at <= 205; at += 5) ring.proof(at, lease('dead', 0))
    expect(ring.effects.filter((effect) => effect.kind === 'collect')).to.have.length(1)
  })
})
