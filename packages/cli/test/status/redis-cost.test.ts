import { silentLog } from '@metrics-ring/common/log'
import { aclRules, neededCommands, usefulCommands } from '@metrics-ring/common/redis/acl'
import { type CostFacts, readCost } from '@metrics-ring/common/redis/cost'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { pack } from '@metrics-ring/common/testing/record-objects'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { expect } from 'chai'
import { drawCost, redisCost } from '../../src/status/redis-cost.ts'

const facts = (more: Partial<CostFacts> = {}): CostFacts => ({
  nodes: 100,
  indexBytes: 20_000,
  sample: new Map([
    ['n1', 14_000],
    ['n2', 16_000],
  ]),
  sent: 1_000,
  written: 500,
  memory: new Map([
    ['maxmemory', '0'],
    ['used_memory', '3500000'],
    ['maxmemory_policy', 'noeviction'],
  ]),
  ...more,
})
const pods = new Map([
  ['n1', 28],
  ['n2', 32],
])

describe('what a ring costs Redis', () => {
  it('is told for each node, pod and interval', () => {
    const after = facts({ sent: 1_240, written: 700 })
    const cost = redisCost({ before: facts(), after, tookMs: 30_000, intervalMs: 15_000, pods })
    expect(cost).to.deep.include({ keys: 104, nodes: 100, bytesPerNode: 15_200, podsPerNode: 30 })
    expect(cost).to.deep.include({ writes: 1, reads: 0.2, warnings: [] })
    expect(drawCost(cost).split('\n')).to.deep.equal([
      'Redis holds 104 keys for 100 nodes',
      '15200 bytes a node, 507 a pod (30.0 pods a node)',
      '1.00 writes and 0.20 reads a node and interval, by all who use it',
      '3.5 MB used, no limit, maxmemory-policy noeviction',
    ])
  })

  it('comes with a warning where keys may be evicted', () => {
    const memory = new Map([
      ['maxmemory', '100000000'],
      ['maxmemory_policy', 'allkeys-lru'],
    ])
    const after = facts({ memory })
    const cost = redisCost({ before: facts(), after, tookMs: 15_000, intervalMs: 15_000, pods })
    expect(drawCost(cost)).to.match(
      /warning: maxmemory-policy allkeys-lru may evict .* when maxmemory is reached/,
    )
  })

  it('is nothing where there is no node', () => {
    const none = facts({ nodes: 0, indexBytes: 0, sample: new Map() })
    const cost = redisCost({ before: none, after: none, tookMs: 1, intervalMs: 1, pods: new Map() })
    expect(cost).to.include({ keys: 0, bytesPerNode: undefined, writes: undefined })
    expect(drawCost(cost)).to.include('- bytes a node, - a pod')
  })

  describe('of a real one', () => {
    let server: RedisServer
    before(async () => {
      const allowed = aclRules('r', [...neededCommands, ...usefulCommands])
      const users = [
        '--user',
        'operator',
        'on',
        '>pw',
        ...allowed,
        '--user',
        'ring',
        'on',
        '>pw',
        ...aclRules('r'),
      ]
      server = await startRedisServer({ args: users })
    })
    after(() => server.stop())
    const source = (user: string) => ({ url: server.url.replace('://', `://${user}:pw@`), tls: {} })

    it('is read by a user with the documented rights, and counts what is written meanwhile', async () => {
      const ring = { url: source('ring').url, ringName: 'r', intervalMs: 15_000, onBadRecord: () => {} }
      const store = createRedisStore({ ...ring, log: silentLog })
      try {
        const now = await store.time()
        const commit = (node: string) => {
          const scrape = { node, uid: 'u', createdMs: 1, atMs: now, by: 'a', tookMs: 1 }
          return store.commit(scrape, pack({ node: {}, pods: [] }), 0)
        }
        await commit('n1')
        const [before, after] = await readCost(source('operator'), 'r', async () => {
          await Promise.all(['n2', 'n3', 'n4'].map(commit))
        })
        expect([before.nodes, after.nodes, after.written - before.written]).to.deep.equal([1, 4, 3])
        expect([...after.sample.keys()]).to.have.members(['n1', 'n2', 'n3', 'n4'])
        for (const bytes of after.sample.values()) expect(bytes).to.be.within(100, 2_000)
        expect(after.indexBytes).to.be.within(200, 5_000)
        expect(after.memory.get('maxmemory_policy')).to.equal('noeviction')
      } finally {
        await store.close()
      }
    })

    it('is refused to the user of the services', async () => {
      const failure = await readCost(source('ring'), 'r', async () => {}).catch((error) => error)
      expect(failure).to.include({ code: 'store_forbidden' })
    })
  })
})
