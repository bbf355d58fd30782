import { expect } from 'chai'
import { actsAfterMs, type Claim, type ClaimEvent, judge, reduceClaim } from '../../src/ring/claims.ts'
import { times } from '../../src/ring/times.ts'

const mine: ClaimEvent = { kind: 'assigned', mine: true }
const others: ClaimEvent = { kind: 'assigned', mine: false }
const scraped: ClaimEvent = { kind: 'scraped' }
const evidence: ClaimEvent = { kind: 'evidence' }
const overdue: ClaimEvent = { kind: 'overdue' }

function after(...events: ClaimEvent[]): Claim['kind'] | 'none' {
  let claim: Claim | undefined
  for (const event of events) claim = reduceClaim(claim, event, 0)
  return claim?.kind ?? 'none'
}

const steady = { tookMs: 0, failing: false, spreadMs: 0 }

describe('the claim on a node', () => {
  it('is gained from the ring, and owned after the first scrape of my own', () => {
    expect(after(mine)).to.equal('gained')
    expect(after(mine, scraped)).to.equal('own')
  })

  it('is retained when the ring gives the node to another, until another is seen scraping it', () => {
    expect(after(mine, scraped, others)).to.equal('retained')
    expect(after(mine, others)).to.equal('retained')
    expect(after(mine, scraped, others, others, scraped)).to.equal('retained')
    expect(after(mine, scraped, others, evidence)).to.equal('none')
  })

  it('is owned at once when the ring gives back what was still covered', () => {
    expect(after(mine, scraped, others, mine)).to.equal('own')
    expect(after(mine, others, scraped, mine)).to.equal('own')
    expect(after(overdue, mine)).to.equal('own')
  })

  it('is gained again when the ring gives back what was never scraped', () => {
    expect(after(mine, others, mine)).to.equal('gained')
  })

  it('of an overdue node is adopted, until another is seen scraping it', () => {
    expect(after(overdue)).to.equal('adopted')
    expect(after(overdue, others)).to.equal('adopted')
    expect(after(overdue, evidence)).to.equal('none')
  })

  it('is never dropped on evidence while the ring gives the node to me', () => {
    expect(after(mine, evidence)).to.equal('gained')
    expect(after(mine, scraped, evidence)).to.equal('own')
  })

  it('is looked at again after a pause before the node is scraped', () => {
    expect(after(mine, scraped, { kind: 'woke' })).to.equal('gained')
    expect(after(mine, scraped, others, { kind: 'woke' })).to.equal('retained')
  })

  it('is not made by an assignment to another', () => {
    expect(after(others)).to.equal('none')
  })

  it('steps back to gained after two contested intervals in a row, if the other comes first', () => {
    const loses: ClaimEvent = { kind: 'contested', yields: true }
    const wins: ClaimEvent = { kind: 'contested', yields: false }
    expect(after(mine, scraped, loses)).to.equal('own')
    expect(after(mine, scraped, loses, loses)).to.equal('gained')
    expect(after(mine, scraped, loses, scraped, loses)).to.equal('own')
    expect(after(mine, scraped, wins, wins, wins)).to.equal('own')
  })
})

describe('an own node that is contested', () => {
  it('is scraped a little early by the shard that comes first, for some intervals', () => {
    let claim = reduceClaim({ kind: 'own', contested: 0, early: 0 }, { kind: 'contested', yields: false }, 0)
    const delays: number[] = []
    for (let i = 0; i < 6 && claim; i++) {
      delays.push(actsAfterMs(claim, steady, times(15_000)))
      claim = reduceClaim(claim, scraped, 0)
    }
    expect(delays).to.deep.equal([-250, -250, -250, -250, 0, 0])
  })
})

describe('a slot of a claimed node', () => {
  const slot = { phaseAtMs: 100_000, nowMs: 102_000, self: 'me', failedMs: undefined }
  const W = times(15_000)
  const look = (claim: Claim, last: Parameters<typeof judge>[2], failedMs?: number) =>
    judge(claim, { ...slot, failedMs }, last, W)
  const own: Claim = { kind: 'own', contested: 0, early: 0 }
  const retained: Claim = { kind: 'retained', sinceMs: 0, reserve: false }

  it('is always a scrape for the owner', () => {
    expect(look(own, { atMs: 100_000, by: 'other' })).to.equal('scrape')
  })

  it('is skipped for what was just gained, and drops a shadow, if another scraped in this interval', () => {
    const another = { atMs: 99_600, by: 'other' }
    expect(look({ kind: 'gained' }, another)).to.equal('skip')
    expect(look(retained, another)).to.equal('drop')
  })

  it('is a scrape if the last one is of an earlier interval, mine, or unknown', () => {
    for (const last of [{ atMs: 99_000, by: 'other' }, { atMs: 100_000, by: 'me' }, undefined]) {
      expect(look({ kind: 'gained' }, last)).to.equal('scrape')
      expect(look(retained, last)).to.equal('scrape')
    }
  })

  it('takes no time in the future for evidence: it was stored under another clock, and would be one for ever', () => {
    const future = { atMs: 3_600_000, by: 'other' }
    expect(look({ kind: 'gained' }, future)).to.equal('scrape')
    expect(look(retained, future)).to.equal('scrape')
    expect(look(retained, { ...future, triedMs: 3_600_000 }, 90_000)).to.equal('scrape')
    expect(look(retained, { atMs: slot.nowMs + 900, by: 'other' })).to.equal('drop')
  })

  it('comes at the phase for the owner, a little later for a new owner, later still for a shadow', () => {
    const took = (tookMs: number) => ({ tookMs, failing: false, spreadMs: 0 })
    expect(actsAfterMs(own, took(9_000), W)).to.equal(0)
    expect(actsAfterMs({ kind: 'gained' }, took(100), W)).to.equal(1_000)
    expect(actsAfterMs(retained, took(100), W)).to.equal(2_000)
    expect(actsAfterMs(retained, took(4_000), W)).to.equal(7_000)
    expect(actsAfterMs(retained, took(9_000), W)).to.equal(9_375)
    expect(actsAfterMs(retained, { tookMs: 100, failing: true, spreadMs: 0 }, W)).to.equal(11_250)
  })

  it('comes after that of all other shadows, and their answers, for what was lost before it was scraped', () => {
    const reserve: Claim = { ...retained, reserve: true }
    const latest = { tookMs: 1_000, failing: false, spreadMs: W.gainedMs }
    const answeredMs = actsAfterMs(retained, latest, W) + latest.tookMs
    expect(actsAfterMs(reserve, { ...latest, spreadMs: 0 }, W)).to.be.greaterThan(answeredMs)
    expect(actsAfterMs(reserve, { ...latest, tookMs: 9_000 }, W)).to.equal(9_375)
  })

  it('comes before the next interval even for the shadow of a very slow kubelet, whose scrape would count there', () => {
    const next = slot.phaseAtMs + W.intervalMs
    for (const tookMs of [9_300, 9_900, 20_000]) {
      const atMs = slot.phaseAtMs + actsAfterMs(retained, { tookMs, failing: false, spreadMs: 0 }, W)
      const verdict = judge({ kind: 'gained' }, { ...slot, phaseAtMs: next }, { atMs, by: 'shadow' }, W)
      expect(verdict, 'of the shard that is to take over').to.equal('scrape')
    }
  })

  it('drops a shadow whose own scrapes fail once another has tried since', () => {
    const stale = { atMs: 50_000, by: 'me', triedMs: 95_000 }
    expect(look(retained, stale, 90_000)).to.equal('drop')
    expect(look(retained, stale, 94_900)).to.equal('scrape')
    expect(look(retained, stale)).to.equal('scrape')
    expect(look({ kind: 'gained' }, stale, 90_000)).to.equal('scrape')
  })
})
