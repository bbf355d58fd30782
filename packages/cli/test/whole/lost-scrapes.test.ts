import { place } from '@metrics-ring/common/record/record'
import { unpack } from '@metrics-ring/common/testing/record-objects'
import { expect } from 'chai'
import { createVirtualCluster, type VirtualCluster } from './virtual-cluster.ts'
import { W } from './virtual-kubelets.ts'
import { createWitness } from './virtual-truth.ts'

const hourMs = 3_600_000
const maxAgeMs = 60_000

for (const sampling of ['cri', 'cadvisor'] as const) {
  describe(`with ${sampling} kubelets`, function () {
    this.timeout(60_000)
    let cluster: VirtualCluster
    let victim: string

    beforeEach(async () => {
      cluster = createVirtualCluster({ sampling, maxAgeMs })
      victim = cluster.model.nodes()[0]?.name as string
      await cluster.pass(5 * W)
    })
    afterEach(() => cluster.stop())

    /** Pods and nodes that should be served and are not. */
    const missing = () => {
      const pods = new Set(cluster.pods().map(({ namespace, name }) => `${namespace}/${name}`))
      const nodes = new Set(cluster.nodes().map(({ name }) => name))
      return [
        ...cluster.model
          .pods()
          .map(({ namespace, name }) => `${namespace}/${name}`)
          .filter((key) => !pods.has(key)),
        ...cluster.model
          .nodes()
          .map(({ name }) => name)
          .filter((name) => !nodes.has(name)),
      ]
    }
    /** Until the victim has been scraped so often, answered or not. */
    const scraped = (times: number) => {
      const count = () => cluster.kubelets.scrapes.filter(({ node }) => node === victim).length
      const wanted = count() + times
      return () => count() >= wanted
    }

    it('no answer misses a pod when one scrape of a node is dropped, and the next rate spans the gap', async () => {
      const witness = createWitness(cluster)
      cluster.kubelets.failing.add(victim)
      const dropped = scraped(1)
      await cluster.pass(5 * W, async () => {
        if (dropped()) cluster.kubelets.failing.delete(victim)
        expect(missing()).to.deep.equal([])
        await witness.look()
      })
      expect(cluster.kubelets.scrapes.filter(({ answered }) => !answered)).to.have.length(1)
      expect(witness.values).to.be.above(100)
      const usage = (await cluster.store.hydrate([victim])).get(victim)?.body.numbers
      expect(cluster.now() - (usage?.[place.usageAt] ?? 0)).to.be.at.most(2 * W)
    })

    it('a node whose scrapes all fail disappears at the age bound, its pods with it, and nothing else does', async () => {
      cluster.kubelets.failing.add(victim)
      const record = unpack((await cluster.store.hydrate([victim])).get(victim)!.body)
      const nodeDueMs = (record.node.usage?.atMs ?? 0) + maxAgeMs
      const podDueMs = new Map(
        record.pods.map(({ namespace, name, containers }) => [
          `${namespace}/${name}`,
          Math.min(...containers.map(({ usage }) => usage?.atMs ?? 0)) + maxAgeMs,
        ]),
      )
      const goneMs = new Map<string, number>()
      await cluster.pass(
        8 * W,
        () => {
          for (const name of missing()) if (!goneMs.has(name)) goneMs.set(name, cluster.now())
        },
        100,
      )
      const due = new Map([...podDueMs, [victim, nodeDueMs]])
      // Served for 2 s more, in which what the next scrape brings can come.
      const graceMs = 2_000
      expect([...goneMs.keys()].sort()).to.deep.equal([...due.keys()].sort())
      for (const [name, dueMs] of due)
        expect(goneMs.get(name), name).to.be.within(dueMs + graceMs - 500, dueMs + graceMs + 1_000)
      cluster.kubelets.failing.delete(victim)
      await cluster.pass(4 * W)
      expect(missing(), 'once it answers again').to.deep.equal([])
    })

    it('a kubelet that reports the pods of another node takes none of them away, and leaves its record as it is', async () => {
      const other = cluster.model.nodes()[1]?.name as string
      const { pods } = cluster.model.node(other)
      cluster.kubelets.impostors.set(victim, other)
      await cluster.pass(4 * W, async () => {
        expect(missing().filter((pod) => pods.has(pod))).to.deep.equal([])
        const record = unpack((await cluster.store.hydrate([other])).get(other)!.body)
        expect(new Set(record.pods.map((pod) => `${pod.namespace}/${pod.name}`))).to.deep.equal(
          new Set(pods.keys()),
        )
        const usages = record.pods.flatMap(({ containers }) => containers.map(({ usage }) => usage))
        expect(usages).to.not.include(undefined)
      })
      cluster.kubelets.impostors.clear()
      await cluster.pass(3 * W)
      expect(missing()).to.deep.equal([])
      const witness = createWitness(cluster)
      await cluster.pass(2 * W, witness.look)
      expect(witness.longestAbsenceMs).to.equal(0)
    })

    it('containers that restart leave no hole, and every value is true', async () => {
      const witness = createWitness(cluster)
      for (let round = 0; round < 12; round++) {
        for (const { namespace, name } of cluster.model.pods().filter((_, index) => index % 12 === round))
          cluster.model.restartContainer(namespace, name)
        await cluster.pass(W, witness.look)
      }
      await cluster.pass(3 * W, witness.look)
      expect(witness.longestAbsenceMs).to.equal(0)
      expect(witness.values).to.be.above(400)
      if (sampling === 'cri') expect(witness.longestHoldMs).to.be.at.most(2 * W + 1_000)
    })

    for (const skewMs of [hourMs, -hourMs]) {
      it(`a kubelet clock that steps by ${skewMs / 1000} s leaves no hole, and every value is true`, async () => {
        const witness = createWitness(cluster)
        cluster.kubelets.step(victim, skewMs)
        await cluster.pass(5 * W, witness.look)
        cluster.kubelets.step(victim, 0)
        await cluster.pass(5 * W, witness.look)
        expect(witness.longestAbsenceMs).to.equal(0)
        expect(witness.values).to.be.above(200)
        if (sampling === 'cri') expect(witness.longestHoldMs).to.be.at.most(2 * W + 1_000)
      })
    }

    it('a store that is emptied leaves no hole, and every value is true', async () => {
      const witness = createWitness(cluster)
      for (let round = 0; round < 3; round++) {
        cluster.store.empty()
        await cluster.pass(2.3 * W, witness.look)
      }
      expect(witness.longestAbsenceMs).to.equal(0)
      expect(witness.values).to.be.above(100)
      if (sampling === 'cri') expect(witness.longestHoldMs).to.be.at.most(W + 1_000)
    })
  })
}
