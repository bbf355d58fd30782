import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import { silentLog } from '../../src/log.ts'
import { aclRules, sentinelRights } from '../../src/redis/acl.ts'
import { createRedisStore } from '../../src/store/store-redis.ts'
import { freePort } from '../../testing/free-port.ts'
import { type ClusterSetup, startRedisCluster } from '../../testing/redis-cluster.ts'
import { ask, type SentinelSetup, startSentinels } from '../../testing/redis-sentinels.ts'
import { startRedisServer } from '../../testing/redis-server.ts'
import { expectSurvival } from './failover.ts'
import { commitAsShard, intervalMs, scrape } from './store-builders.ts'
import { storeContract } from './store-contract.ts'
import { failuresContract } from './store-failures-contract.ts'
import { overdueContract } from './store-overdue-contract.ts'
import { openRedis } from './stores-under-test.ts'

describe('the store behind Sentinels', function () {
  this.timeout(90_000)
  let setup: SentinelSetup
  before(async () => {
    setup = await startSentinels()
  })
  after(() => setup?.stop())
  const open = () => openRedis(setup.url, async () => (await setup.primary()).url)
  describe('as every store', () => storeContract(open))
  describe('overdue nodes', () => overdueContract(open))
  describe('failures', () => failuresContract(open))

  it('is reached with the documented rights alone, at the Sentinels too', async () => {
    const seer = ['seer', 'on', '>pw', 'resetkeys', 'resetchannels', '-@all', ...sentinelRights]
    for (const each of setup.sentinels) await ask(each, 'ACL', 'SETUSER', ...seer)
    const user = ['ring', 'on', '>pw', ...aclRules('least')]
    for (const each of setup.servers) await ask(each, 'ACL', 'SETUSER', ...user)
    const url = `${setup.url.replace('://', '://ring:pw@')}?sentinel-username=seer&sentinel-password=pw`
    const options = { url, ringName: 'least', intervalMs, onBadRecord: () => {}, log: silentLog }
    const store = createRedisStore(options)
    try {
      expect(await commitAsShard(store, scrape(await store.time()))).to.include({ result: 'accepted' })
      for (const each of setup.sentinels) expect(refusedIn(await ask(each, 'ACL', 'LOG'))).to.deep.equal([])
    } finally {
      await store.close()
    }
  })

  it('goes on with the replica that takes the place of a primary that died', async () => {
    const opened = await open()
    const before = await setup.primary()
    await opened.redis.quit()
    try {
      await expectSurvival(opened.store, async () => {
        await before.kill()
        await setup.replaced(before)
      })
    } finally {
      await Promise.all([opened.store.close(), opened.other.close()])
    }
  })
})

describe('the store in a Cluster', function () {
  this.timeout(90_000)
  let setup: ClusterSetup
  before(async () => {
    setup = await startRedisCluster()
  })
  after(() => setup?.stop())
  const open = () => openRedis(setup.url, async (key) => (await setup.ownerOf(key)).url)
  describe('as every store', () => storeContract(open))
  describe('overdue nodes', () => overdueContract(open))
  describe('failures', () => failuresContract(open))

  it('loses no call where the server named first is dead, or the slot moves', async () => {
    const key = 'mr:{loses-no-call}:epoch'
    const owner = await setup.ownerOf(key)
    const dead = `127.0.0.1:${await freePort()}`
    const url = setup.url.replace('://', `://${dead},`)
    const options = { url, ringName: 'loses-no-call', intervalMs, onBadRecord: () => {}, log: silentLog }
    const store = createRedisStore(options)
    try {
      const now = await store.time()
      const failOver = setup.handOver(key)
      const calls = Array.from({ length: 300 }, async (_, i) => {
        await sleep(10 * i)
        return commitAsShard(store, scrape(now, { node: `n${i}` }))
      })
      expect(await failOver).not.to.equal(owner)
      for (const each of await Promise.all(calls)) expect(each).to.include({ result: 'accepted' })
    } finally {
      await store.close()
    }
  })

  it('loses no call that was sent behind one whose slot had moved, and stays without an answer', async () => {
    const server = await startRedisServer()
    // Knows the time, then only that the slot is elsewhere, and then nothing more.
    const answers = ['*2\r\n$10\r\n1700000000\r\n$1\r\n0\r\n', `-MOVED 7 ${new URL(server.url).host}\r\n`]
    const former = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk) =>
        socket.write(String(chunk).includes('evalsha') ? (answers.shift() ?? '') : ''),
      )
    })
    await new Promise<void>((resolve) => former.listen(0, '127.0.0.1', resolve))
    const url = `redis-cluster://127.0.0.1:${(former.address() as AddressInfo).port}`
    const options = { url, ringName: 'behind', intervalMs, onBadRecord: () => {}, log: silentLog }
    const store = createRedisStore(options)
    try {
      const now = Date.now()
      const calls = ['a', 'b', 'c'].map((node) => commitAsShard(store, scrape(now, { node })))
      for (const each of await Promise.all(calls)) expect(each).to.include({ result: 'accepted' })
      expect(answers).to.deep.equal([])
    } finally {
      await store.close()
      former.close()
      await server.stop()
    }
  })

  it('goes on with the replica when the primary that holds its slot dies', async () => {
    const opened = await open()
    const key = `mr:{${opened.ringName}}:epoch`
    const before = await setup.ownerOf(key)
    await opened.redis.quit()
    try {
      await expectSurvival(opened.store, async () => {
        await before.kill()
        await setup.replaced(key, before)
      })
    } finally {
      await Promise.all([opened.store.close(), opened.other.close()])
    }
  })
})

/** What a server refused, by its ACL LOG; the client introduces itself to a newer Sentinel, whatever that answers. */
function refusedIn(log: string): string[] {
  const objects = [...log.matchAll(/\bobject,([^,]+)/g)].map(([, object = '']) => object)
  return objects.filter((object) => object !== 'client|setinfo')
}
