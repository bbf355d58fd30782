import type { PodState } from '@metrics-ring/sim/model/model'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { followPod, listPods, longestGapMs, restartFrontend, unscraped } from './disturbances.ts'
import {
  complete,
  type Installation,
  install,
  intervalMs,
  lacking,
  settled,
  until,
  wantedPods,
} from './installation.ts'
import { podFaults } from './truth.ts'

describe('a cluster in which things go wrong', function () {
  this.timeout(90_000)
  let all: Installation
  before(async () => {
    all = await install({ nodes: 20, podsPerNode: 10, shards: 3, frontends: 2 })
    await complete(all)
    await settled(all)
  })
  after(() => all?.stop())

  it('loses no pod, and no node for more than three intervals, when a shard is killed', async () => {
    const listing = listPods(all)
    const [victim] = all.deployment.shards()
    const killedMs = Date.now()
    victim?.signal('SIGKILL')
    const { nodes, tookMs } = await unscraped(all, killedMs, 3)
    console.log(
      `      all nodes scraped again after ${tookMs} ms, ${(tookMs / intervalMs).toFixed(1)} intervals`,
    )
    await settled(all)
    const { lists, faults, slowestMs } = await listing.stop()
    console.log(`      ${lists} lists, the slowest took ${slowestMs} ms`)
    expect(nodes).to.deep.equal([])
    expect(faults).to.deep.equal([])
  })

  it('loses no pod when a shard joins', async () => {
    const listing = listPods(all)
    await all.deployment.addShard()
    await settled(all)
    const { faults } = await listing.stop()
    expect(faults).to.deep.equal([])
  })

  it('hands the nodes of a shard over when it is told to stop: no scrape is left out, no pod is lost', async () => {
    const listing = listPods(all)
    const startedMs = Date.now()
    const [victim] = all.deployment.shards()
    victim?.signal('SIGTERM')
    await victim?.exited
    console.log(`      the shard went after ${Date.now() - startedMs} ms`)
    await settled(all)
    const gapMs = longestGapMs(all, startedMs - intervalMs)
    console.log(`      the longest gap between two scrapes of a node was ${gapMs} ms`)
    expect(gapMs).to.be.below(2 * intervalMs)
    expect((await listing.stop()).faults).to.deep.equal([])
  })

  it('never serves an earlier pod for one that is created again, on its node or on another', async () => {
    const { model } = all.cluster
    const [first, second] = model.pods().filter(({ workload }) => workload.kind === 'StatefulSet')
    if (!first || !second) throw new Error(`seed ${model.seed} has too few StatefulSets`)
    const elsewhere = model.nodes().find(({ name }) => name !== second.node)?.name
    await Promise.all([expectOnlyNew(all, first, first.node), expectOnlyNew(all, second, elsewhere)])
  })

  it('forgets a deleted node and its pods, in the answers and in the store', async () => {
    const { model } = all.cluster
    const node = model.nodes()[0]
    if (!node) throw new Error('there is no node')
    const pods = [...node.pods.keys()]
    await model.removeNode(node.name)
    await until(async () => {
      const served = [...(await all.api.names('nodes')), ...(await all.api.names('pods'))]
      return [node.name, ...pods].filter((name) => served.includes(name))
    }, 2 * intervalMs)
    const redis = new Redis(all.redis.url)
    try {
      await until(async () => {
        const fields = await redis.hkeys(`mr:{demo}:node:${node.name}`)
        return fields.filter((field) => field === 'usage' || field === 'points')
      }, 2 * intervalMs)
    } finally {
      redis.disconnect()
    }
    expect(lacking(wantedPods(all.cluster), await all.api.names('pods'))).to.deep.equal([])
  })

  it('has a killed frontend answer in full as soon as it is back', async () => {
    const { answeredMs, completeMs, pods } = await restartFrontend(all)
    console.log(`      first answer ${answeredMs} ms, all ${pods} pods ${completeMs} ms after the start`)
    const listing = listPods(all)
    await until(() => (all.deployment.frontends().length === 2 ? [] : ['a frontend is missing']), 5_000)
    expect((await listing.stop()).faults).to.deep.equal([])
  })
})

/** Creates the pod again on `node`, and holds every answer from then on to the new pod alone. */
async function expectOnlyNew(all: Installation, old: PodState, node: string | undefined) {
  const { namespace, name } = old
  const { createdMs } = all.cluster.model.movePod(namespace, name, node)
  // The frontends hear of it within a moment.
  await until(async () => {
    const answers = await followPod(all, namespace, name, 100)
    return answers.length === 0 ? [] : ['the earlier pod is still served']
  }, 2_000)
  const answers = await followPod(all, namespace, name, 3 * intervalMs)
  expect(answers).to.have.length.greaterThan(0)
  for (const answer of answers) {
    expect(Date.parse(answer.timestamp) + 999).to.be.greaterThan(createdMs)
    expect(podFaults(all.cluster, answer)).to.deep.equal([])
  }
}
