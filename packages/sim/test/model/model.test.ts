import { expect } from 'chai'
import { partialListChunks } from '../../src/apiserver/partial-protobuf.ts'
import { startChurn } from '../../src/model/churn.ts'
import { type Curve, integral, steady, valueAt } from '../../src/model/curve.ts'
import { createModel } from '../../src/model/model.ts'
import { createRandom } from '../../src/model/random.ts'
import { counterAt, nodeCounterAt } from '../../src/model/usage.ts'
import type { KubeObject } from '../../src/objects/objects.ts'

const T0 = 1_750_000_000_000

function clock(nowMs = T0) {
  const at = { nowMs }
  const advance = (ms: number) => {
    at.nowMs += ms
  }
  return { now: () => at.nowMs, advance }
}

/** What is read of the object by those who want its metadata alone, as protobuf. */
const metadataBytes = (object: KubeObject) =>
  Buffer.concat([...partialListChunks({ resourceVersion: '0' }, [{ key: '', object, version: 1 }])]).length

function simpson(curve: Curve, fromMs: number, toMs: number, steps = 1000): number {
  const widthMs = (toMs - fromMs) / steps
  let sum = 0
  for (let n = 0; n <= steps; n++) {
    sum += (n === 0 || n === steps ? 1 : n % 2 === 1 ? 4 : 2) * valueAt(curve, fromMs + n * widthMs)
  }
  return (sum * widthMs) / 3 / 1000
}

describe('a load curve', () => {
  it('integrates to what a numeric integration finds, over a second and over days', () => {
    const random = createRandom(7)
    for (let n = 0; n < 50; n++) {
      const base = random.between(0, 2e9)
      const curve = {
        base,
        amplitude: base * random.next(),
        periodMs: random.whole(60_000, 3_600_000),
        offsetMs: n,
      }
      const fromMs = T0 + random.whole(0, 1e9)
      const toMs = fromMs + random.whole(1000, 60_000)
      const seconds = (toMs - fromMs) / 1000
      expect(Math.abs(integral(curve, fromMs, toMs) - simpson(curve, fromMs, toMs)) / seconds).to.be.below(1)
    }
    const day = 86_400_000
    const curve = { base: 5e8, amplitude: 5e8, periodMs: 600_000, offsetMs: 12_345 }
    expect(integral(curve, T0, T0 + 3 * day)).to.be.closeTo(simpson(curve, T0, T0 + 3 * day, 500_000), 1e6)
  })

  it('is zero over nothing and backwards, and never negative', () => {
    expect(integral(steady(5), 2000, 2000)).to.equal(0)
    expect(integral(steady(5), 3000, 2000)).to.equal(0)
    const curve = { base: 10, amplitude: 10, periodMs: 1000, offsetMs: 0 }
    expect(valueAt(curve, 750)).to.be.at.least(0)
  })
})

describe('the model of a cluster', () => {
  it('is the same for the same seed and puts exactly the pods asked for on each node', () => {
    const options = { nodes: 7, podsPerNode: 11, seed: 42, now: clock().now }
    const [a, b] = [createModel(options), createModel(options)]
    expect(a.seed).to.equal(42)
    expect(a.pods().map((pod) => [pod.name, pod.uid, pod.node])).to.deep.equal(
      b.pods().map((pod) => [pod.name, pod.uid, pod.node]),
    )
    expect(a.nodes().map((node) => node.pods.size)).to.deep.equal(new Array(7).fill(11))
    expect(new Set(a.pods().map((pod) => pod.uid)).size).to.equal(77)
    expect(createModel({ ...options, seed: 43 }).pods()[0]?.uid).not.to.equal(a.pods()[0]?.uid)
  })

  it('keeps nodes within their size and some containers idle', () => {
    const model = createModel({ nodes: 20, seed: 1, now: clock().now })
    for (const node of model.nodes()) {
      const cores = model.cpuNanocoreSeconds({ node: node.name }, T0 - 1000, T0) / 1e9
      expect(cores).to.be.within(0.05, node.cores)
      expect(model.memoryBytes({ node: node.name }, T0)).to.be.within(2 ** 28, node.memoryBytes)
    }
    const runs = model.pods().flatMap((pod) => pod.runs)
    expect(runs.filter((run) => run.cpu.base < 1e6).length / runs.length).to.be.within(0.1, 0.6)
  })

  it('has a node use what its containers use, and its own overhead', () => {
    const model = createModel({ nodes: 2, podsPerNode: 5, seed: 3, now: clock().now })
    const node = model.nodes()[0]!
    const [fromMs, toMs] = [T0 - 17_000, T0 - 2000]
    const ofPods = [...node.pods.values()].map((pod) =>
      model.cpuNanocoreSeconds({ namespace: pod.namespace, pod: pod.name }, fromMs, toMs),
    )
    const own = integral(node.overhead.cpu, fromMs, toMs)
    const whole = model.cpuNanocoreSeconds({ node: node.name }, fromMs, toMs)
    expect(whole).to.be.closeTo(own + ofPods.reduce((sum, value) => sum + value, 0), 10)
    expect(nodeCounterAt(node, toMs) - nodeCounterAt(node, fromMs)).to.be.closeTo(whole, 100)
  })

  it('never lets a counter of a node or pod fall, whatever comes and goes', async () => {
    const time = clock()
    const model = createModel({ nodes: 3, podsPerNode: 6, seed: 5, now: time.now })
    const random = createRandom(5)
    const before = new Map<string, number>()
    for (let step = 0; step < 300; step++) {
      time.advance(random.whole(1000, 20_000))
      const pod = random.pick(model.pods())
      const act = random.whole(0, 3)
      if (act === 0) model.restartContainer(pod.namespace, pod.name)
      if (act === 1) model.movePod(pod.namespace, pod.name)
      if (act === 2) model.deletePod(pod.namespace, pod.name)
      if (act === 2) model.createPod()
      for (const node of model.nodes()) {
        const counter = nodeCounterAt(node, time.now())
        expect(counter).to.be.at.least(before.get(node.name) ?? 0)
        before.set(node.name, counter)
      }
      for (const { uid, ...ledger } of model.pods()) {
        const counter = counterAt(ledger, time.now())
        expect(counter).to.be.at.least(before.get(uid) ?? 0)
        before.set(uid, counter)
      }
    }
    expect(Math.max(...model.nodes().map((node) => node.runs.length))).to.be.below(150)
  })

  it('restarts a container from zero with a new start time, and remembers what the earlier one used', () => {
    const time = clock()
    const model = createModel({ nodes: 1, podsPerNode: 3, seed: 9, now: time.now })
    const { namespace, name } = model.createPod({
      containers: [{ name: 'a', cpu: steady(1e9) }, { name: 'b' }],
    })
    time.advance(10_000)
    model.restartContainer(namespace, name, 'a')
    time.advance(5000)
    const pod = model.pod(namespace, name)
    expect(pod.containers.map(({ restarts }) => restarts)).to.deep.equal([1, 0])
    expect(pod.containers[0]?.run?.startMs).to.equal(T0 + 10_000)
    const lives = model.runs({ namespace, pod: name, container: 'a' })
    expect(lives.map(({ startMs, endMs }) => [startMs - T0, endMs - T0])).to.deep.equal([
      [0, 10_000],
      [10_000, Number.POSITIVE_INFINITY],
    ])
    const used = model.cpuNanocoreSeconds({ namespace, pod: name, container: 'a' }, T0, T0 + 15_000) / 15
    expect(used).to.be.within(0.8e9, 1.2e9)
  })

  it('moves a StatefulSet pod to another node under its name, as a new object', () => {
    const model = createModel({ nodes: 4, podsPerNode: 3, seed: 11, now: clock().now })
    const old = model.createPod({ kind: 'StatefulSet', namespace: 'db', name: 'pg-0' })
    const moved = model.movePod('db', 'pg-0')
    expect(moved.name).to.equal('pg-0')
    expect(moved.uid).not.to.equal(old.uid)
    expect(moved.node).not.to.equal(old.node)
    expect(model.node(old.node).pods.has('db/pg-0')).to.equal(false)
    expect(model.node(moved.node).pods.has('db/pg-0')).to.equal(true)
  })

  it('tells its sink of every object and every change, in the size that real objects have', async () => {
    const model = createModel({ nodes: 3, podsPerNode: 4, seed: 13, now: clock().now })
    const held = new Map<string, KubeObject>()
    const key = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`
    model.publish({
      apply: (object) => held.set(key(object), object),
      remove: (object) => held.delete(key(object)),
    })
    const count = (kind: string) => [...held.values()].filter((object) => object.kind === kind).length
    expect([count('Node'), count('Pod')]).to.deep.equal([3, 12])
    for (const object of held.values()) {
      if (object.kind === 'Pod') expect(metadataBytes(object)).to.be.within(2048, 2400)
    }
    const node = await model.addNode()
    expect(JSON.stringify(held.get(`Node /${node.name}`)).length).to.be.at.least(10_240)
    expect([count('Node'), count('Pod')]).to.deep.equal([4, 14])
    model.setReady(node.name, false)
    expect(JSON.stringify(held.get(`Node /${node.name}`))).to.include('"type":"Ready","status":"False"')
    await model.removeNode(node.name)
    expect([count('Node'), count('Pod')]).to.deep.equal([3, 12])
    const pod = model.createPod({ namespace: 'fresh', phase: 'Pending' })
    expect(held.has('Namespace /fresh')).to.equal(true)
    expect(pod.runs).to.deep.equal([])
    model.setPhase('fresh', pod.name, 'Running')
    expect(held.get(`Pod fresh/${pod.name}`)?.status).to.include({ phase: 'Running' })
    model.deletePod('fresh', pod.name)
    expect(held.has(`Pod fresh/${pod.name}`)).to.equal(false)
  })

  it('churns by itself at the rate asked for, until stopped', async () => {
    const model = createModel({ nodes: 2, podsPerNode: 5, seed: 17 })
    let changes = 0
    model.publish({ apply: () => void changes++, remove: () => void changes++ })
    const published = changes
    const churn = startChurn(model, { perMinute: 30_000 })
    await new Promise((resolve) => setTimeout(resolve, 60))
    churn.stop()
    expect(changes).to.be.greaterThan(published + 5)
    expect(model.pods().length).to.equal(10)
  })
})
