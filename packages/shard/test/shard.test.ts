import type { Clock } from '@metrics-ring/common/clock'
import { place } from '@metrics-ring/common/record/record'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { createFakeClock, type FakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { createShardEvents } from '../src/events.ts'
import type { Target } from '../src/kubelet/targets.ts'
import { createNodeBook } from '../src/report/node-book.ts'
import { phaseAt } from '../src/ring/slots.ts'
import { times } from '../src/ring/times.ts'
import type { Fetched } from '../src/scrape.ts'
import { createShard, type Shard } from '../src/shard.ts'

const W = 15_000
const startMs = 1_700_000_000_000
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Several shards over one store, with kubelets that count who asked when. */
function setUp(nodeCount: number) {
  const clock: FakeClock = createFakeClock(startMs)
  const store = createMemoryStore({ clock, intervalMs: W, originMs: 0 })
  const scrapes: { node: string; by: string; at: number }[] = []
  const kubelet: { answer: (node: string) => Promise<Fetched> } = {
    answer: async () => {
      const t = clock.mono()
      const lines = [
        `node_cpu_usage_seconds_total ${(t - startMs) / 2000} ${t}`,
        `node_memory_working_set_bytes 1024 ${t}`,
      ]
      return { ok: true, body: Buffer.from(`${lines.join('\n')}\n`) }
    },
  }
  const targets = new Map<string, Target>()
  for (let i = 0; i < nodeCount; i++) addTarget(`node-${i}`)
  function addTarget(node: string) {
    targets.set(node, {
      node,
      uid: `uid-${node}`,
      createdMs: 1,
      kubelet: { ok: false, reason: 'other', detail: '' },
    })
  }
  const book = createNodeBook(clock.mono)
  function shard(self: string): Shard {
    const own: Clock = { mono: clock.mono, after: clock.after }
    const made = createShard({
      self,
      clock: own,
      times: times(W),
      now: clock.mono,
      store,
      fetchSample: (target) => {
        scrapes.push({ node: target.node, by: self, at: clock.mono() })
        return kubelet.answer(target.node)
      },
      events: createShardEvents(silent, { mono: clock.mono, book }),
    })
    made.setTargets(new Map(targets))
    return made
  }
  /** Scrapes of a node, for phases from `sinceMs` on: at a tick after its phase, a scrape may be of the interval before. */
  const counts = (sinceMs = 0) => {
    const perNode = new Map([...targets.keys()].map((node) => [node, 0]))
    for (const { node, at } of scrapes)
      if (phaseAt(node, at, W) >= sinceMs) perNode.set(node, (perNode.get(node) ?? 0) + 1)
    return { least: Math.min(...perNode.values()), most: Math.max(...perNode.values()) }
  }
  /** Longest time, over all nodes, between two scrapes, from now on. */
  const longestGap = () => {
    const last = new Map<string, number>()
    let longest = 0
    for (const { node, at } of scrapes) {
      longest = Math.max(longest, at - (last.get(node) ?? at))
      last.set(node, at)
    }
    return longest
  }
  return { clock, store, book, scrapes, kubelet, targets, addTarget, shard, counts, longestGap }
}

describe('shards over one store', () => {
  it('scrape every node exactly once in every interval, however many they are', async () => {
    for (const count of [1, 3, 5]) {
      const { clock, scrapes, shard, counts } = setUp(60)
      const names = Array.from({ length: count }, (_, i) => `shard-${i}`)
      for (const each of names.map(shard)) each.setMembers(names)
      await clock.advance(2 * W)
      scrapes.length = 0
      await clock.advance(10 * W)
      expect(counts(), `${count} shards`).to.deep.equal({ least: 10, most: 10 })
    }
  })

  it('hand nodes to a newcomer without a gap and with hardly an extra scrape', async () => {
    const { clock, scrapes, shard, counts, longestGap } = setUp(60)
    const [a, b] = [shard('a'), shard('b')]
    for (const each of [a, b]) each.setMembers(['a', 'b'])
    await clock.advance(2 * W)
    scrapes.length = 0
    const c = shard('c')
    c.setMembers(['a', 'b', 'c'])
    await clock.advance(5_000)
    a.setMembers(['a', 'b', 'c'])
    await clock.advance(2_000)
    b.setMembers(['a', 'b', 'c'])
    await clock.advance(4 * W - 7_000)
    expect(counts()).to.deep.equal({ least: 4, most: 4 })
    expect(longestGap()).to.be.at.most(W + 1_100)
    expect([a, b, c].map((each) => each.nodes().size).reduce((sum, n) => sum + n)).to.equal(60)
  })

  it('let a leaving shard cover its nodes until others are seen scraping them', async () => {
    const { clock, scrapes, shard, counts, longestGap } = setUp(60)
    const [a, b] = [shard('a'), shard('b')]
    for (const each of [a, b]) each.setMembers(['a', 'b'])
    await clock.advance(2 * W)
    const sinceMs = clock.mono()
    scrapes.length = 0
    a.setMembers(['b'])
    await clock.advance(5_000)
    b.setMembers(['b'])
    await clock.advance(4 * W - 5_000)
    expect(a.nodes().size).to.equal(0)
    expect(counts(sinceMs)).to.deep.equal({ least: 4, most: 4 })
    expect(longestGap()).to.be.at.most(W + 2_100)
  })

  it('scrape at once what a dead shard has not scraped for an interval', async () => {
    const { clock, shard, longestGap } = setUp(60)
    const [a, b] = [shard('a'), shard('b')]
    for (const each of [a, b]) each.setMembers(['a', 'b'])
    await clock.advance(2 * W)
    a.stop()
    await clock.advance(20_000)
    b.setMembers(['b'])
    await clock.advance(3 * W)
    expect(b.nodes().size).to.equal(60)
    expect(longestGap()).to.be.at.most(W + 20_000)
  })

  it('cover the nodes of a dead shard before anybody says that it is dead, and only once each', async () => {
    const { clock, scrapes, shard, counts, longestGap } = setUp(60)
    const names = ['a', 'b', 'c', 'd']
    const [a, ...others] = names.map(shard)
    for (const each of [a!, ...others]) each.setMembers(names)
    await clock.advance(2 * W)
    a!.stop()
    await clock.advance(8 * W)
    expect(longestGap()).to.be.at.most(W + 7_600)
    scrapes.length = 0
    await clock.advance(4 * W)
    expect(counts()).to.deep.equal({ least: 4, most: 4 })
  })

  it('scrape new nodes within a second, once in their first interval, and forget one that is deleted, also in the store', async () => {
    const { clock, store, scrapes, targets, addTarget, shard } = setUp(5)
    const a = shard('a')
    a.setMembers(['a'])
    await clock.advance(2 * W)
    scrapes.length = 0
    const names = Array.from({ length: 50 }, (_, i) => `new-${i}`)
    for (const name of names) addTarget(name)
    targets.delete('node-0')
    a.setTargets(new Map(targets))
    const scraped = () => names.map((name) => scrapes.filter(({ node }) => node === name).length)
    await clock.advance(1_000)
    expect(Math.min(...scraped())).to.equal(1)
    await clock.advance(W - 1_000)
    expect(Math.max(...scraped())).to.equal(1)
    expect((await store.hydrate(['new-7', 'node-0'])).size).to.equal(1)
    await clock.advance(2 * W)
    expect(scrapes.some(({ node }) => node === 'node-0')).to.equal(false)
  })

  it('say nothing more of a node that is deleted, and take one that comes back under its name for a new one', async () => {
    const { clock, book, kubelet, scrapes, shard, targets } = setUp(20)
    const a = shard('a')
    a.setMembers(['a'])
    await clock.advance(2 * W)
    const { answer } = kubelet
    kubelet.answer = async (node) =>
      node === 'node-3' ? { ok: false, reason: 'refused', detail: 'nobody listens' } : answer(node)
    await clock.advance(20 * W)
    expect(book.states()).to.deep.equal(
      new Map([
        ['ok', 19],
        ['quarantined', 1],
      ]),
    )

    const old = targets.get('node-3') as Target
    targets.delete('node-3')
    a.setTargets(new Map(targets))
    await clock.advance(1_000)
    expect(book.states()).to.deep.equal(new Map([['ok', 19]]))

    targets.set('node-3', { ...old, uid: 'second', createdMs: 2 })
    a.setTargets(new Map(targets))
    await clock.advance(20 * W)
    targets.set('node-3', { ...old, uid: 'third', createdMs: 3 })
    a.setTargets(new Map(targets))
    kubelet.answer = answer
    scrapes.length = 0
    await clock.advance(1_000)
    expect(scrapes.filter(({ node }) => node === 'node-3')).to.have.lengthOf(1)
    await clock.advance(W)
    expect(book.states()).to.deep.equal(new Map([['ok', 20]]))
  })

  it('yield usage from the first scrape of a new owner', async () => {
    const { clock, store, shard } = setUp(1)
    const a = shard('a')
    a.setMembers(['a'])
    await clock.advance(2 * W)
    const before = (await store.hydrate(['node-0'])).get('node-0')
    const b = shard('b')
    b.setMembers(['b'])
    a.setMembers(['b'])
    await clock.advance(W)
    const after = (await store.hydrate(['node-0'])).get('node-0')
    expect(after?.by).to.equal('b')
    expect(after?.body.numbers[place.usageCpu]).to.equal(500_000_000)
    // Its last owner came at a tick, up to 250 ms behind the phase.
    expect(after?.body.numbers[place.usageWindow]).to.be.within(W + 775, W + 1_025)
    expect(before?.by).to.equal('a')
  })

  it('scrape all their nodes within an interval after a long time in which no kubelet could be reached', async () => {
    const { clock, kubelet, scrapes, shard, targets } = setUp(20)
    shard('a').setMembers(['a'])
    await clock.advance(2 * W)
    const { answer } = kubelet
    kubelet.answer = async () => ({ ok: false, reason: 'refused', detail: 'no route', tookMs: 1 })
    await clock.advance(20 * W)
    kubelet.answer = answer
    scrapes.length = 0
    await clock.advance(W)
    expect(new Set(scrapes.map(({ node }) => node)).size).to.equal(targets.size)
  })

  it('go on with all other nodes, and with the same one, after an answer that nobody foresaw', async () => {
    const { clock, kubelet, scrapes, shard, targets } = setUp(5)
    const a = shard('a')
    a.setMembers(['a'])
    await clock.advance(2 * W)
    const { answer } = kubelet
    kubelet.answer = async (node) => {
      if (node === 'node-3') throw new TypeError('a fault of ours')
      return answer(node)
    }
    await clock.advance(2 * W)
    expect(a.nodes().get('node-3')?.last).to.include({ outcome: 'failed', reason: 'other' })
    kubelet.answer = answer
    scrapes.length = 0
    await clock.advance(W)
    expect(new Set(scrapes.map(({ node }) => node)).size).to.equal(targets.size)
    expect(a.nodes().get('node-3')?.last?.outcome).to.equal('accepted')
  })

  it('delay nobody when one kubelet hangs', async () => {
    const { clock, scrapes, kubelet, shard } = setUp(20)
    const { answer } = kubelet
    kubelet.answer = (node) => (node === 'node-3' ? new Promise(() => {}) : answer(node))
    shard('a').setMembers(['a'])
    await clock.advance(10 * W)
    const others = scrapes.filter(({ node }) => node !== 'node-3')
    expect(others.length / 19).to.be.within(10, 11)
  })

  it('agree on an owner even where each thinks that it is its own', async () => {
    const { clock, scrapes, shard, counts } = setUp(40)
    const [a, b] = [shard('a'), shard('b')]
    a.setMembers(['a'])
    b.setMembers(['b'])
    await clock.advance(6 * W)
    scrapes.length = 0
    await clock.advance(4 * W)
    expect(counts()).to.deep.equal({ least: 4, most: 4 })
  })

  it('look before they scrape after a pause', async () => {
    const { clock, scrapes, shard, counts } = setUp(40)
    const [a, b] = [shard('a'), shard('b')]
    a.setMembers(['a'])
    await clock.advance(2 * W)
    // b has taken everything over while a was away, and a has not heard of it yet.
    b.setMembers(['b'])
    await clock.advance(3 * W)
    scrapes.length = 0
    await clock.advance(2 * W)
    expect(counts()).to.deep.equal({ least: 2, most: 2 })
  })
})
