import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { type Check, healthAnswer } from '../src/health.ts'
import { obstacles, type ReadyState } from '../src/readiness.ts'
import { createState } from '../src/state.ts'

const good: ReadyState = {
  storeLoaded: true,
  nodesSynced: true,
  podsSynced: true,
  trustLoaded: true,
  coverage: 1,
  upMs: 0,
  intervalMs: 15_000,
}
const obstaclesOf = (part: Partial<ReadyState>) => [...obstacles({ ...good, ...part }).keys()]

describe('readiness', () => {
  it('comes at once with a store that covers the cluster', () => {
    expect(obstaclesOf({})).to.deep.equal([])
    expect(obstaclesOf({ coverage: 0.95 })).to.deep.equal([])
  })

  it('waits for a store that is still filling, for two intervals at most', () => {
    expect(obstaclesOf({ coverage: 0.94, upMs: 29_999 })).to.deep.equal(['metric-storage-ready'])
    expect(obstaclesOf({ coverage: 0, upMs: 30_000 })).to.deep.equal([])
  })

  it('waits for a store that cannot be read, for two intervals at most', () => {
    expect(obstaclesOf({ storeLoaded: false, coverage: 0, upMs: 29_999 })).to.deep.equal([
      'metric-storage-ready',
    ])
    expect(obstaclesOf({ storeLoaded: false, coverage: 0, upMs: 30_000 })).to.deep.equal([])
  })

  it('waits for the API server as long as it takes', () => {
    expect(obstaclesOf({ nodesSynced: false, upMs: 1e6 })).to.deep.equal(['metric-informer-sync'])
    expect(obstaclesOf({ podsSynced: false, upMs: 1e6 })).to.deep.equal(['metadata-informer-sync'])
    expect(obstaclesOf({ trustLoaded: false, upMs: 1e6 })).to.deep.equal(['authentication'])
  })

  it('is never taken away by what is lost later, only by shutting down', () => {
    const seen = { ...good, nodes: 20, storeTrouble: undefined as string | undefined }
    const events: number[] = []
    const state = createState({
      clock: createFakeClock(),
      intervalMs: 15_000,
      events: { ready: (coverage) => void events.push(coverage) },
      read: () => seen,
    })
    const failing = () => state.readyChecks().flatMap(({ name, trouble }) => (trouble ? [name] : []))
    expect(failing()).to.deep.equal([])
    Object.assign(seen, {
      coverage: 0,
      storeLoaded: false,
      podsSynced: false,
      storeTrouble: 'connection lost',
    })
    expect(failing()).to.deep.equal([])
    expect(state.readyChecks().find(({ name }) => name === 'coverage')?.note).to.equal(
      'samples of 0 of 20 nodes; the store is away: connection lost',
    )
    expect(events, 'said once').to.deep.equal([1])
    state.drain()
    expect(failing()).to.deep.equal(['shutdown'])
    expect(state.liveChecks().every(({ trouble }) => trouble === undefined)).to.equal(true)
  })
})

describe('a health endpoint', () => {
  const checks: Check[] = [
    { name: 'ping' },
    { name: 'store', trouble: 'away' },
    { name: 'coverage', note: '3 of 4' },
  ]
  const ask = (query: string, only?: string) =>
    healthAnswer('readyz', checks, new URLSearchParams(query), only)

  it('says ok in a word, or everything when asked or failing', () => {
    expect(healthAnswer('livez', [{ name: 'ping' }], new URLSearchParams())).to.deep.equal({
      code: 200,
      text: 'ok',
    })
    expect(healthAnswer('livez', [{ name: 'ping' }], new URLSearchParams('verbose'))).to.deep.equal({
      code: 200,
      text: '[+]ping ok\nlivez check passed\n',
    })
    expect(ask('')).to.deep.equal({
      code: 500,
      text: '[+]ping ok\n[-]store failed: away\n[+]coverage ok: 3 of 4\nreadyz check failed\n',
    })
  })

  it('leaves out what is excluded, and says which exclusions are unknown', () => {
    expect(ask('exclude=store').code).to.equal(200)
    expect(ask('verbose&exclude=store&exclude=nope').text).to.equal(
      '[+]ping ok\n[+]store excluded: ok\n[+]coverage ok: 3 of 4\n' +
        'warn: some health checks cannot be excluded: no matches for "nope"\nreadyz check passed\n',
    )
  })

  it('answers one check by its name', () => {
    expect(ask('', 'ping')).to.deep.equal({ code: 200, text: 'ok' })
    expect(ask('', 'store')).to.deep.equal({ code: 500, text: 'internal server error: away\n' })
    expect(ask('', 'nope').code).to.equal(404)
  })
})
