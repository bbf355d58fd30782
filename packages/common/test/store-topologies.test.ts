import { type ClusterSetup, startRedisCluster } from '../testing/redis-cluster.ts'
import { type SentinelSetup, startSentinels } from '../testing/redis-sentinels.ts'
import { storeContract } from './store-contract.ts'
import { overdueContract } from './store-overdue-contract.ts'
import { openRedis } from './stores-under-test.ts'

describe('the store behind Sentinels', function () {
  this.timeout(30_000)
  let setup: SentinelSetup
  before(async () => {
    setup = await startSentinels()
  })
  after(() => setup?.stop())
  const open = () => openRedis(setup.url, async () => (await setup.primary()).url)
  storeContract(open)
  describe('overdue nodes', () => overdueContract(open))
})

describe('the store in a Cluster', function () {
  this.timeout(30_000)
  let setup: ClusterSetup
  before(async () => {
    setup = await startRedisCluster()
  })
  after(() => setup?.stop())
  const open = () => openRedis(setup.url, async (key) => (await setup.ownerOf(key)).url)
  storeContract(open)
  describe('overdue nodes', () => overdueContract(open))
})
