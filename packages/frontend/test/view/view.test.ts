import { place } from '@metrics-ring/common/record/record'
import { expect } from 'chai'
import type { PodItem } from '../../src/view/item.ts'
import { bytesOf, type Part } from '../../src/view/slabs.ts'
import type { PodEntry } from '../../src/view/view-pods.ts'
import { at, createTestView, nodeObject, podObject, record } from '../builders.ts'

describe('the view', () => {
  it('serves a node and a pod once it knows both their records and their objects, in either order', () => {
    for (const objectsFirst of [true, false]) {
      const { view, put, nodesAt, namesAt } = createTestView()
      const feed = [
        () => [view.upsertNode(nodeObject('n1')), view.upsertPod(podObject('a/p'))],
        () => put(record('n1', at(0), { 'a/p': [{}] })),
      ]
      if (!objectsFirst) feed.reverse()
      feed[0]?.()
      expect(namesAt(at(1))).to.deep.equal([])
      feed[1]?.()
      expect(namesAt(at(1))).to.deep.equal(['a/p'])
      expect(nodesAt(at(1)).map((n) => n.name)).to.deep.equal(['n1'])
    }
  })

  it('lists nodes by name and pods by namespace, then name, in byte order', () => {
    const { view, put, nodesAt, namesAt } = createTestView()
    for (const node of ['n2', 'n10', 'n1']) {
      view.upsertNode(nodeObject(node))
      put(record(node, at(0), { [`b/${node}`]: [{}], [`a-b/${node}`]: [{}], [`a/${node}`]: [{}] }))
      for (const ns of ['a', 'b', 'a-b']) view.upsertPod(podObject(`${ns}/${node}`))
    }
    expect(nodesAt(at(1)).map((n) => n.name)).to.deep.equal(['n1', 'n10', 'n2'])
    expect(namesAt(at(1))).to.deep.equal(
      ['a', 'a-b', 'b'].flatMap((ns) => [`${ns}/n1`, `${ns}/n10`, `${ns}/n2`]),
    )
  })

  it('serves a StatefulSet pod that moved from its new node while the old record is still valid', () => {
    const { view, put, podsAt } = createTestView()
    for (const node of ['n1', 'n2']) view.upsertNode(nodeObject(node))
    view.upsertPod(podObject('a/web-0', {}, at(-1000)))
    put(record('n1', at(0), { 'a/web-0': [{ startMs: at(-999), usage: { memoryBytes: 1 } }] }))
    view.removePod('a', 'web-0')
    view.upsertPod(podObject('a/web-0', {}, at(3)))
    expect(podsAt(at(4)), 'the old record is of an earlier pod').to.deep.equal([])
    put(record('n2', at(20), { 'a/web-0': [{ startMs: at(5), usage: { memoryBytes: 2 } }] }))
    put(record('n1', at(25), { 'a/web-0': [{ startMs: at(-999), usage: { memoryBytes: 1 } }] }))
    expect(podsAt(at(26)).map((p) => p.containers[0]?.usage.memoryBytes)).to.deep.equal([2])
    expect(view.losers()).to.equal(1)
    put(record('n1', at(40)))
    expect(view.losers()).to.equal(0)
    expect(podsAt(at(41)).map((p) => p.containers[0]?.usage.memoryBytes)).to.deep.equal([2])
  })

  it('does not fall back to the old node while the new one has no usage yet', () => {
    const { view, put, podsAt } = createTestView()
    for (const node of ['n1', 'n2']) view.upsertNode(nodeObject(node))
    view.upsertPod(podObject('a/web-0', {}, at(0)))
    put(record('n1', at(1), { 'a/web-0': [{ startMs: at(-5) }] }))
    expect(podsAt(at(2))).to.have.length(1)
    put(record('n2', at(2), { 'a/web-0': [{ startMs: at(1), usage: null }] }))
    expect(podsAt(at(3))).to.deep.equal([])
  })

  it('goes on with the last usage when the store was emptied and another shard begins the record anew', () => {
    const { view, put, podsAt, nodesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    put(record('n1', at(0), { 'a/p': [{ startMs: at(-999) }] }))
    const bare = record('n1', at(20), { 'a/p': [{ startMs: at(-999), usage: null }] })
    bare.body.numbers[place.usageTimestamp] = Number.NaN
    put(bare)
    expect(podsAt(at(21))).to.have.length(1)
    expect(nodesAt(at(21))).to.have.length(1)
    expect(podsAt(at(62.1)), 'until the age bound').to.deep.equal([])
    expect(nodesAt(at(62.1))).to.deep.equal([])
    put(record('n1', at(63)))
    view.removePod('a', 'p')
    expect(view.losers()).to.equal(0)
    expect(view.findPod('a', 'p')).to.equal(undefined)
  })

  it('does not take the usage of before for that of a container that started since', () => {
    const { view, put, podsAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    put(record('n1', at(0), { 'a/p': [{ startMs: at(-999) }] }))
    put(record('n1', at(20), { 'a/p': [{ startMs: at(15), usage: null }] }))
    expect(podsAt(at(21))).to.deep.equal([])
  })

  it('takes the latest scrape where no container start is known', () => {
    const { view, put, podsAt } = createTestView()
    for (const node of ['n1', 'n2']) view.upsertNode(nodeObject(node))
    view.upsertPod(podObject('a/p'))
    put(record('n2', at(5), { 'a/p': [{ usage: { memoryBytes: 2 } }] }))
    put(record('n1', at(3), { 'a/p': [{ usage: { memoryBytes: 1 } }] }))
    expect(podsAt(at(6))[0]?.containers[0]?.usage.memoryBytes).to.equal(2)
    put(record('n1', at(18), { 'a/p': [{ usage: { memoryBytes: 3 } }] }))
    expect(podsAt(at(19))[0]?.containers[0]?.usage.memoryBytes).to.equal(3)
  })

  it('never serves a pod that was created again under its name from the earlier one', () => {
    const { view, put, namesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p', {}, at(-500)))
    put(record('n1', at(0), { 'a/p': [{ startMs: at(-490) }] }))
    view.upsertPod(podObject('a/p', {}, at(10)))
    expect(namesAt(at(11))).to.deep.equal([])
    put(record('n1', at(30), { 'a/p': [{ startMs: at(12) }] }))
    expect(namesAt(at(31))).to.deep.equal(['a/p'])
  })

  it('never serves the usage of the earlier pod for one that was created again on the same node', () => {
    const { view, put, namesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p', {}, at(10)))
    // The new container has been seen, but has no usage of its own yet: the record holds the last one.
    put(record('n1', at(15), { 'a/p': [{ startMs: at(12), usage: { timestampMs: at(5), atMs: at(8) } }] }))
    expect(namesAt(at(16))).to.deep.equal([])
    put(record('n1', at(30), { 'a/p': [{ startMs: at(12) }] }))
    expect(namesAt(at(31))).to.deep.equal(['a/p'])
  })

  it('keeps serving the usage from before a restart of a container', () => {
    const { view, put, namesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p', {}, at(-500)))
    put(record('n1', at(15), { 'a/p': [{ startMs: at(12), usage: { timestampMs: at(5), atMs: at(8) } }] }))
    expect(namesAt(at(16))).to.deep.equal(['a/p'])
  })

  it('allows a container to start up to 10 s before its pod was created, for clocks differ', () => {
    const { view, put, namesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p', {}, at(10)))
    put(record('n1', at(20), { 'a/p': [{ startMs: at(0) }] }))
    expect(namesAt(at(21))).to.deep.equal(['a/p'])
  })

  it('drops a deleted node and its pods at once, and has them back with the node', () => {
    const { view, put, namesAt, nodesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    put(record('n1', at(0), { 'a/p': [{}] }))
    view.removeNode('n1')
    expect(nodesAt(at(1))).to.deep.equal([])
    expect(namesAt(at(1))).to.deep.equal([])
    view.upsertNode(nodeObject('n1'))
    expect(nodesAt(at(1))).to.have.length(1)
    expect(namesAt(at(1))).to.deep.equal(['a/p'])
  })

  it('serves nothing of a record whose node was replaced under its name', () => {
    const { view, put, namesAt, nodesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    put(record('n1', at(0), { 'a/p': [{}] }))
    view.upsertNode(nodeObject('n1', {}, 'uid-new'))
    expect(nodesAt(at(1))).to.deep.equal([])
    expect(namesAt(at(1))).to.deep.equal([])
    put(record('n1', at(15), { 'a/p': [{}] }, { uid: 'uid-new' }))
    expect(nodesAt(at(16))).to.have.length(1)
    expect(namesAt(at(16))).to.deep.equal(['a/p'])
  })

  it('keeps the later of two scrapes, unless the clock they are ordered by has been put back', () => {
    const { view, put, nodesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    const served = (nowMs: number) => nodesAt(nowMs).map(({ timestampMs }) => timestampMs)
    put(record('n1', at(3600), {}), at(3600))
    put(record('n1', at(3590), {}), at(3601))
    expect(served(at(3602))).to.deep.equal([at(3600)])
    put(record('n1', at(15), {}), at(16))
    expect(served(at(17))).to.deep.equal([at(15)])
  })

  it('forgets a record the store deleted, unless it is of a later node of the name', () => {
    const { view, put, nodesAt } = createTestView()
    view.upsertNode(nodeObject('n1', {}, 'uid-new'))
    put(record('n1', at(0), {}, { uid: 'uid-new' }))
    view.apply({ kind: 'deleted', node: 'n1', uid: 'uid-old' })
    expect(nodesAt(at(1))).to.have.length(1)
    view.apply({ kind: 'deleted', node: 'n1', uid: 'uid-new' })
    expect(nodesAt(at(1))).to.deep.equal([])
  })

  it('omits a pod that stopped running, and a pod of which one container has no usage', () => {
    const { view, put, namesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    for (const pod of ['a/p', 'a/q']) view.upsertPod(podObject(pod))
    put(record('n1', at(0), { 'a/p': [{ name: 'x' }, { name: 'y', usage: null }], 'a/q': [{}] }))
    expect(namesAt(at(1))).to.deep.equal(['a/q'])
    view.removePod('a', 'q')
    expect(namesAt(at(1))).to.deep.equal([])
  })

  it('renders and indexes anew when labels change without a new sample', () => {
    const { view, put, podsAt, renders } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p', { app: 'x' }))
    put(record('n1', at(0), { 'a/p': [{}] }))
    const selected = (pair: string) =>
      view.selectPods('a', { labels: { pairs: [pair], matches: () => true } }).flat().length
    expect([selected('app=x'), selected('app=y')]).to.deep.equal([1, 0])
    view.upsertPod(podObject('a/p', { app: 'y' }))
    expect(podsAt(at(1))[0]?.labels).to.deep.equal({ app: 'y' })
    expect([selected('app=x'), selected('app=y')]).to.deep.equal([0, 1])
    const before = renders.json
    view.upsertPod(podObject('a/p', { app: 'y' }))
    expect(renders.json, 'nothing changed, nothing is rendered').to.equal(before)
  })

  it('shares one label object among pods whose labels are equal, keys in byte order', () => {
    const { view } = createTestView()
    view.upsertPod(podObject('a/p', { b: '1', a: '2', A: '3' }))
    view.upsertPod(podObject('a/q', { A: '3', a: '2', b: '1' }))
    const [p, q] = [view.findPod('a', 'p'), view.findPod('a', 'q')]
    expect(p?.group?.labels).to.equal(q?.group?.labels)
    expect(Object.keys(p?.group?.labels ?? {})).to.deep.equal(['A', 'a', 'b'])
  })

  it('renders of a record only the pods that changed: at once what is asked for all the time', () => {
    const { view, put, podsAt, renders } = createTestView()
    view.upsertNode(nodeObject('n1'))
    for (const pod of ['a/p', 'a/q']) view.upsertPod(podObject(pod))
    const held = { usage: { timestampMs: at(0), atMs: at(0) } }
    put(record('n1', at(0), { 'a/p': [{}], 'a/q': [held] }))
    expect(podsAt(at(1))).to.have.length(2)
    renders.json = 0
    put(record('n1', at(15), { 'a/p': [{}], 'a/q': [held] }))
    expect(renders.json, 'a/p').to.equal(1)
    expect(podsAt(at(16))).to.have.length(2)
    expect(podsAt(at(16))).to.have.length(2)
    expect(renders.json).to.equal(1)
  })

  it('renders what nobody asks for when it is asked for, in what it is asked for', () => {
    const { view, put, nodesAt, podsAt, renders } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    for (const seconds of [0, 15]) put(record('n1', at(seconds), { 'a/p': [{}] }))
    expect(renders).to.deep.equal({ json: 0, protobuf: 0 })
    expect(podsAt(at(16))).to.have.length(1)
    expect(nodesAt(at(16))).to.have.length(1)
    expect(renders).to.deep.equal({ json: 2, protobuf: 0 })
    for (const seconds of [30, 45]) put(record('n1', at(seconds), { 'a/p': [{}] }))
    expect(renders, 'once more in what they had been asked for').to.deep.equal({ json: 4, protobuf: 0 })
    expect(podsAt(at(46))[0]?.timestampMs).to.equal(at(45))
    expect(nodesAt(at(46))[0]?.timestampMs).to.equal(at(45))
  })

  it('serves in each representation what was said last, whichever was asked for before', () => {
    const { view, put, renders } = createTestView()
    const saidIn = (part: Part) => {
      const kept = view.kept(view.findPod('a', 'p') as PodEntry, part)
      const read = kept && JSON.parse(String(bytesOf(kept)))
      return (part === 'json' ? read : read?.[0]) as PodItem | undefined
    }
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p', { app: 'x' }))
    let seconds = 0
    const scraped = () => {
      seconds += 15
      put(record('n1', at(seconds), { 'a/p': [{}] }))
    }
    let app = 0
    const steps = [
      scraped,
      scraped,
      () => view.upsertPod(podObject('a/p', { app: `${++app}` })),
      () => view.removeNode('n1'),
      () => view.upsertNode(nodeObject('n1')),
      scraped,
    ]
    for (const asked of [['json'], ['protobuf'], ['json', 'protobuf'], []] as Part[][])
      for (const step of steps) {
        step()
        for (const part of asked) {
          const { served, group } = view.findPod('a', 'p') as PodEntry
          const said = saidIn(part)
          expect(said?.labels).to.deep.equal(served && group?.labels)
          expect(said?.timestampMs).to.equal(served && at(seconds))
          expect(said === undefined).to.equal(served === undefined)
        }
      }
    const before = { ...renders }
    scraped()
    scraped()
    expect(renders, 'nobody has asked since').to.deep.equal(before)
    expect([saidIn('protobuf')?.timestampMs, saidIn('json')?.timestampMs]).to.deep.equal([
      at(seconds),
      at(seconds),
    ])
  })

  it('stops serving a pod when its oldest container usage passes the age bound', () => {
    const { view, put, namesAt, nodesAt } = createTestView(60_000)
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    put(record('n1', at(30), { 'a/p': [{ name: 'x' }, { name: 'y', usage: { atMs: at(0) } }] }))
    expect(namesAt(at(61.9)), 'its successor may be on its way').to.deep.equal(['a/p'])
    expect(namesAt(at(62.1))).to.deep.equal([])
    expect(nodesAt(at(62.1))).to.have.length(1)
    expect(nodesAt(at(92.1))).to.deep.equal([])
  })

  it('takes timestamp and window from the container whose timestamp is the earliest', () => {
    const { view, put, podsAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    view.upsertPod(podObject('a/p'))
    const early = { timestampMs: at(-9), windowMs: 20_000 }
    put(record('n1', at(0), { 'a/p': [{ name: 'b' }, { name: 'a', usage: early }] }))
    expect(podsAt(at(1))[0]).to.deep.include(early)
    expect(podsAt(at(1))[0]?.containers.map((c) => c.name)).to.deep.equal(['a', 'b'])
  })

  it('keeps the later scrape when a failed-over store gives back an earlier one', () => {
    const { view, put, nodesAt } = createTestView()
    view.upsertNode(nodeObject('n1'))
    put(record('n1', at(15), {}, { usage: { memoryBytes: 2 } }))
    put(record('n1', at(0), {}, { usage: { memoryBytes: 1 } }))
    expect(nodesAt(at(16))[0]?.usage.memoryBytes).to.equal(2)
  })

  it('drops what a new full list no longer has', async () => {
    const { view, put, namesAt, nodesAt } = createTestView()
    for (const node of ['n1', 'n2']) {
      view.upsertNode(nodeObject(node))
      view.upsertPod(podObject(`a/${node}`))
      put(record(node, at(0), { [`a/${node}`]: [{}] }))
    }
    view.listingPods()
    view.upsertPod(podObject('a/n2'))
    await view.listedPods()
    expect(namesAt(at(1))).to.deep.equal(['a/n2'])
    view.listingNodes()
    view.upsertNode(nodeObject('n1'))
    view.listedNodes()
    expect(nodesAt(at(1)).map((n) => n.name)).to.deep.equal(['n1'])
    expect(namesAt(at(1))).to.deep.equal([])
  })

  it('keeps what came while it was dropping', async () => {
    const { view } = createTestView()
    const names = Array.from({ length: 100_000 }, (_, n) => `p${n}`)
    for (const name of names) view.upsertPod(podObject(`a/${name}`))
    view.listingPods()
    const dropping = view.listedPods()
    await new Promise((resolve) => setImmediate(resolve))
    view.upsertPod(podObject('a/p99999', { app: 'new' }))
    view.upsertPod(podObject('a/fresh'))
    await dropping
    const left = names.filter((name) => view.findPod('a', name))
    expect(left).to.deep.equal(['p99999'])
    expect(view.findPod('a', 'fresh')?.group).to.not.equal(undefined)
  })

  it('forgets records of nodes that are long gone', () => {
    const { view, put, nodesAt } = createTestView(3_600_000)
    put(record('n1', at(0)))
    view.sweep(at(500))
    view.upsertNode(nodeObject('n1'))
    expect(nodesAt(at(500))).to.have.length(1)
    view.removeNode('n1')
    view.sweep(at(700))
    view.upsertNode(nodeObject('n1'))
    expect(nodesAt(at(700))).to.deep.equal([])
  })

  it('tells which part of the known nodes is covered', () => {
    const { view, put } = createTestView()
    expect(view.coverage(at(0))).to.equal(1)
    for (const node of ['n1', 'n2', 'n3', 'n4']) view.upsertNode(nodeObject(node))
    put(record('n1', at(0)))
    expect(view.coverage(at(1))).to.equal(0.25)
  })
})
