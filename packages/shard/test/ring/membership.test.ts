import { sleep } from '@metrics-ring/common/clock'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import type { LeaseApi } from '../../src/ring/leases.ts'
import type { LeaseView } from '../../src/ring/members.ts'
import { createMembership } from '../../src/ring/membership.ts'
import { times } from '../../src/ring/times.ts'

const W = times(15_000)

/** Leases in memory, with a fault that can be set; writes and lists are counted. */
function setUp() {
  const clock = createFakeClock()
  const leases = new Map<string, LeaseView>()
  const faults = { renew: false, stale: false, listMs: 0 }
  const seen: string[][] = []
  const reasons: string[] = []
  let count = 0
  const api: LeaseApi = {
    async renew(state) {
      if (faults.renew) throw new Error('API server away')
      const renewTime = String(++count)
      if (!faults.stale) leases.set('me', view('me', renewTime, state))
      return { resourceVersion: String(count), renewTime }
    },
    async list() {
      const answer = [...leases.values()]
      await sleep(clock, faults.listMs)
      return answer
    },
    async collect() {},
    async release() {},
  }
  const membership = createMembership({
    clock,
    times: W,
    leases: api,
    self: 'me',
    random: () => 0.5,
    onMembers: (members) => seen.push(members),
    onEffect: () => {},
    onProof: () => {},
    onNoProof: (reason) => reasons.push(String(reason)),
  })
  return { clock, leases, faults, seen, reasons, membership }
}

function view(shard: string, renewTime: string, state: LeaseView['state'] = 'active'): LeaseView {
  return { shard, holder: shard, renewTime, state, durationMs: 20_000, resourceVersion: '1', protocols: [1] }
}

describe('the membership of a shard', () => {
  it('tells the members at the first proof and whenever they change', async () => {
    const { clock, leases, seen, membership } = setUp()
    const stop = membership.start()
    await clock.advance(0)
    leases.set('new', view('new', '1'))
    await clock.advance(7_000)
    stop()
    expect(seen).to.deep.equal([['me'], ['me', 'new']])
  })

  it('stays as it is while our own write fails, or the list does not show it', async () => {
    for (const fault of ['renew', 'stale'] as const) {
      const { clock, leases, faults, seen, reasons, membership } = setUp()
      leases.set('peer', view('peer', '1'))
      const stop = membership.start()
      await clock.advance(1_000)
      faults[fault] = true
      await clock.advance(120_000)
      stop()
      expect(seen).to.deep.equal([['me', 'peer']])
      expect(reasons).to.have.length.greaterThan(20)
      expect(membership.proofAgeMs()).to.be.greaterThan(100_000)
    }
  })

  it('believes no list that was read before a pause of this process', async () => {
    const { clock, leases, faults, reasons, membership } = setUp()
    leases.set('peer', view('peer', '1'))
    const stop = membership.start()
    await clock.advance(1_000)
    faults.listMs = 30_000
    await clock.advance(40_000)
    stop()
    expect(membership.members()).to.deep.equal(['me', 'peer'])
    expect(reasons).to.include('this process was paused')
  })

  it('writes that it drains, and is no member of its own ring from then on', async () => {
    const { clock, leases, seen, membership } = setUp()
    leases.set('peer', view('peer', '1'))
    const stop = membership.start()
    await clock.advance(0)
    await membership.drain()
    stop()
    expect(leases.get('me')?.state).to.equal('draining')
    expect(seen.at(-1)).to.deep.equal(['peer'])
  })
})
