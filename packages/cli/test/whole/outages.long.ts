import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '@metrics-ring/common/testing/redis-sentinels'
import { expect } from 'chai'
import { intervalMs, until } from './installation.ts'
import { awayMs, boundMs, type Outages, startOutages } from './outages.ts'
import { logged } from './readiness.ts'

const away = /Redis is away|store takes no samples|store cannot be read/
const back = /Redis answers|store takes samples again|store can be read again/

/**
 * The environment of a redis-server whose clock is ahead by so much; monotonic time is left alone. The C library's own
 * malloc goes before jemalloc, which would ask for the time before there is a false one.
 */
function anotherClock(step: string): Record<string, string> {
  const clock = execFileSync('faketime', ['-f', step, 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim()
  const { sharedObjects } = process.report.getReport() as { sharedObjects: string[] }
  const libc = sharedObjects.find((each) => each.endsWith('/libc.so.6')) ?? ''
  return { LD_PRELOAD: `${clock} ${libc}`, FAKETIME: step, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}

describe('a Redis with every fault, as a client of the Metrics API sees it', function () {
  this.timeout(180_000)
  let outages: Outages
  before(async () => {
    outages = await startOutages()
  })
  after(() => outages?.stop())

  const redis = (...command: [string, ...string[]]) => ask(outages.redis(), ...command)
  /** How many lines more of each log match. */
  function countLines(pattern: RegExp) {
    const before = logged(outages.all, pattern)
    return () => logged(outages.all, pattern).map((count, i) => count - (before[i] ?? 0))
  }

  /** Waits until a log has such a line. */
  function says(pattern: RegExp) {
    return until(() => (logged(outages.all, pattern).some(Boolean) ? [] : [`no log says ${pattern}`]), 60_000)
  }

  it('loses nothing when it is away for intervals; every process says so, once, and that it is back', async () => {
    const [saidAway, saidBack] = [countLines(away), countLines(back)]
    await outages.losesNothing(
      () => outages.redis().kill(),
      awayMs,
      async () => {
        await outages.say(/^200 .*the store is away/s)
        await outages.redis().restart()
      },
    )
    expect([saidAway(), saidBack()]).to.deep.equal([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ])
    await outages.say(/^200 (?!.*away)/s)
  })

  it('is missed past the age bound: lists are empty, as long as it takes, and full again as soon as it is back', async () => {
    const forMs = boundMs + 2 * intervalMs
    const { missing } = await outages.during(
      () => outages.redis().kill(),
      forMs,
      async () => {
        const { status, body } = await outages.all.api.get('/apis/metrics.k8s.io/v1/pods')
        expect([status, JSON.parse(body).items]).to.deep.equal([200, []])
        await outages.redis().restart()
      },
    )
    expect(missing).to.be.above(0)
  })

  it('loses nothing when it is full and evicts nothing', () =>
    outages.losesNothing(
      () => redis('CONFIG', 'SET', 'maxmemory', '1'),
      awayMs,
      async () => {
        await says(/OOM.*store takes no samples/)
        await redis('CONFIG', 'SET', 'maxmemory', '0')
      },
    ))

  it('loses nothing when it is full and evicts any key, the indexes too', async () => {
    await redis('CONFIG', 'RESETSTAT')
    const evicted = async () => /evicted_keys:[1-9]/.test(await redis('INFO', 'stats'))
    await outages.losesNothing(
      async () => {
        await redis('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-random')
        const used = Number(/used_memory:(\d+)/.exec(await redis('INFO', 'memory'))?.[1])
        for (let share = 0.98; !(await evicted()); share -= 0.01) {
          await redis('CONFIG', 'SET', 'maxmemory', String(Math.round(used * share)))
          await sleep(200)
        }
      },
      2 * awayMs,
      async () => {
        // Whichever it chose: now every index goes at once, as it may.
        const indexes = ['epoch', 'feed', 'fresh', 'tried'].map((each) => `mr:{demo}:${each}`)
        await redis('DEL', ...indexes)
        await redis('CONFIG', 'SET', 'maxmemory', '0')
        await redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
      },
    )
  })

  it('loses nothing when each answer takes 200 ms', () =>
    outages.losesNothing(
      () => outages.proxy.delay(200),
      2 * awayMs,
      () => outages.proxy.delay(0),
    ))

  it('loses nothing when connections go silent, half open, and are found out', () =>
    outages.losesNothing(
      () => outages.proxy.freeze(),
      awayMs / 2,
      () => outages.proxy.thaw(),
    ))

  it('loses nothing when it fails over to a replica that stays read-only for a while', async () => {
    const next = await outages.replica()
    await outages.losesNothing(
      () => outages.failOver(next),
      awayMs,
      async () => {
        await says(/READONLY.*store takes no samples/)
        await ask(next, 'REPLICAOF', 'NO', 'ONE')
      },
    )
  })

  for (const [what, step] of [
    ['an hour ahead', '+3600s'],
    ['an hour behind', '-3600s'],
  ] as const) {
    it(`loses nothing when it fails over to a machine whose clock is ${what}`, async () => {
      const next = await outages.replica(anotherClock(step))
      const [seconds] = (await ask(next, 'TIME')).split(',')
      expect(Math.abs(Number(seconds) - Date.now() / 1_000)).to.be.above(3_000)
      await outages.losesNothing(async () => {
        await ask(next, 'REPLICAOF', 'NO', 'ONE')
        await outages.failOver(next)
      })
    })
  }
})
