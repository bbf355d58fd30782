import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ask } from '@metrics-ring/common/testing/redis-sentinels'
import { expect } from 'chai'
import type { RedisCost } from '../../src/status/redis-cost.ts'
import { complete, intervalMs } from './installation.ts'
import { type Outages, password, startOutages } from './outages.ts'
import { readiness } from './readiness.ts'

const runFile = promisify(execFile)
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

describe('a Redis that is gone for a moment, as a client of the Metrics API sees it', function () {
  this.timeout(120_000)
  let outages: Outages
  before(async () => {
    outages = await startOutages()
  })
  after(() => outages?.stop())

  it('loses nothing when it is killed and back, empty, after a second', () =>
    outages.losesNothing(
      () => outages.redis().kill(),
      1_000,
      () => outages.redis().restart(),
    ))

  it('loses nothing when it is flushed', () => outages.losesNothing(() => ask(outages.redis(), 'FLUSHALL')))

  it('loses nothing when it fails over and the last second is lost', async () => {
    const next = await outages.replica()
    await outages.losesNothing(async () => {
      await ask(next, 'REPLICAOF', 'NO', 'ONE')
      await sleep(1_000)
      await outages.failOver(next)
    })
  })

  it('has its cost told by metrics-ring status --redis', async () => {
    const { cluster } = outages.all
    const args = ['--json', '--ring-name=demo', `--metric-resolution=${intervalMs}ms`, '--redis']
    const { stdout } = await runFile(
      process.execPath,
      [main, 'status', `--kubeconfig=${cluster.kubeconfigPath}`, ...args],
      { env: { ...process.env, REDIS_URL: outages.redis().url } },
    )
    const { redis } = JSON.parse(stdout) as { redis: RedisCost }
    expect(redis).to.include({ nodes: 8, keys: 12, podsPerNode: 4, policy: 'noeviction' })
    expect(redis.bytesPerPod).to.be.within(100, 5_000)
    // Two shards and two frontends ask as often for eight nodes as for thousands.
    expect(redis.writes).to.be.within(0.1, 4)
  })

  it('shows its password to nobody: not in logs, in errors, to those who list processes, nor for debugging', async () => {
    const { deployment } = outages.all
    const processes = [...deployment.shards(), ...deployment.frontends()]
    const told = processes.flatMap(({ pid, logFile }) => [
      readFileSync(logFile, 'utf8'),
      readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
    ])
    for (const { port } of deployment.shards()) {
      for (const path of ['readyz?verbose', 'debug/ring', 'debug/nodes', 'metrics']) {
        told.push(await (await fetch(`http://127.0.0.1:${port}/${path}`)).text())
      }
    }
    expect(told.join()).to.include('Redis is away')
    expect(
      [...told, ...(await readiness(outages.all))].filter((each) => each.includes(password)),
    ).to.deep.equal([])
  })

  it('shows no password where it is refused either', async () => {
    await ask(outages.redis(), 'ACL', 'SETUSER', 'ring', 'resetpass', '>another')
    await ask(outages.redis(), 'CLIENT', 'KILL', 'USER', 'ring')
    await outages.say(/^200 .*the store is away.*WRONGPASS/s)
    for (const { logFile } of outages.all.deployment.shards()) {
      const log = readFileSync(logFile, 'utf8')
      expect(log).to.include('store_auth')
      expect(log).not.to.include(password)
    }
    for (const said of await readiness(outages.all)) expect(said).not.to.include(password)
    await ask(outages.redis(), 'ACL', 'SETUSER', 'ring', 'resetpass', `>${password}`)
    await complete(outages.all)
  })
})
