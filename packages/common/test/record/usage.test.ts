import { expect } from 'chai'
import type { Point, Sample } from '../../src/record/sample.ts'
import { packSample } from '../../src/record/sample-pack.ts'
import { advance as advancePacked } from '../../src/record/usage.ts'
import type { Step } from '../../src/record/usage-subject.ts'
import type { BodyObjects, Usage } from '../../testing/record-objects.ts'
import { pack, unpack } from '../../testing/record-objects.ts'

const intervalMs = 15_000
const second = 1_000_000_000n

function advance(previous: BodyObjects | undefined, sample: Sample, step: Step) {
  const { body, moved } = advancePacked(previous && pack(previous), packSample(sample), step)
  return { body: unpack(body), moved }
}
/** A container "app" of pod ns/p at `t` seconds having used `cpu` core-seconds. */
function point(t: number, cpu: number, more: Partial<Point> = {}): Point {
  return {
    timestampMs: t * 1000,
    cpuNs: BigInt(Math.round(cpu * 1000)) * 1_000_000n,
    memoryBytes: 1024,
    ...more,
  }
}
function answer(...points: (Point | undefined)[]): Sample {
  const containers = points.map((each, index) => ({
    name: index === 0 ? 'app' : `side${index}`,
    point: each,
  }))
  return { node: undefined, pods: points.length === 0 ? [] : [{ namespace: 'ns', name: 'p', containers }] }
}
/** Feeds answers with the times (s) at which they were asked for. */
function life(...answers: [number, Sample][]) {
  let body: BodyObjects | undefined
  let moved = false
  for (const [at, sample] of answers) {
    const advanced = advance(body, sample, { atMs: at * 1000, intervalMs })
    body = advanced.body
    moved = advanced.moved
  }
  return { body, moved, app: body?.pods[0]?.containers[0] }
}
function rate(usage: Usage | undefined) {
  return usage && [usage.timestampMs / 1000, usage.windowMs / 1000, usage.cpuNanocores / 1e9]
}

describe('usage of a subject', () => {
  it('is the rate between two points, at the later one', () => {
    const { app } = life([0, answer(point(0, 100))], [15, answer(point(15, 103))])
    expect(rate(app?.usage)).to.deep.equal([15, 15, 0.2])
    expect(app?.usage?.atMs).to.equal(15_000)
  })

  it('is unknown after one point of a subject without a start time', () => {
    expect(life([0, answer(point(0, 100))]).app).to.not.have.property('usage')
  })

  it('is the rate since the start for a young container, from its first point', () => {
    expect(rate(life([12, answer(point(12, 6, { startMs: 0 }))]).app?.usage)).to.deep.equal([12, 12, 0.5])
  })

  it('is not taken from the start of a container younger than 10 s or older than 2W', () => {
    expect(life([9, answer(point(9, 6, { startMs: 0 }))]).app?.usage).to.equal(undefined)
    expect(life([31, answer(point(31, 6, { startMs: 0 }))]).app?.usage).to.equal(undefined)
  })

  it('stays while the kubelet has nothing newer, and then spans from the last base', () => {
    const first: [number, Sample][] = [
      [0, answer(point(0, 0))],
      [15, answer(point(15, 3))],
    ]
    const repeated = life(...first, [30, answer(point(15, 3))])
    expect(repeated.moved).to.equal(false)
    const then = life(...first, [30, answer(point(19, 4))], [45, answer(point(40, 28))])
    expect(rate(then.app?.usage)).to.deep.equal([40, 25, 1])
  })

  it('bridges lost scrapes up to 4W and no further', () => {
    expect(rate(life([0, answer(point(0, 0))], [60, answer(point(60, 60))]).app?.usage)).to.deep.equal([
      60, 60, 1,
    ])
    expect(life([0, answer(point(0, 0))], [61, answer(point(61, 60))]).app?.usage).to.equal(undefined)
  })

  it('keeps the last usage of a restarted container until it is old enough for a rate of its own', () => {
    const before: [number, Sample][] = [
      [100, answer(point(100, 50, { startMs: 0 }))],
      [115, answer(point(115, 65, { startMs: 0 }))],
    ]
    const young = life(...before, [130, answer(point(130, 1, { startMs: 125_000 }))])
    expect(rate(young.app?.usage)).to.deep.equal([115, 15, 1])
    const grown = life(...before, [130, answer(point(130, 2, { startMs: 118_000 }))])
    expect(rate(grown.app?.usage)).to.deep.equal([130, 12, 2 / 12].map((n) => Math.trunc(n * 1e9) / 1e9))
  })

  it('keeps the last usage when the counter goes back without a new start, and goes on from there', () => {
    const before: [number, Sample][] = [
      [0, answer(point(0, 50))],
      [15, answer(point(15, 65))],
    ]
    const back = life(...before, [30, answer(point(30, 2))])
    expect(rate(back.app?.usage)).to.deep.equal([15, 15, 1])
    expect(
      rate(life(...before, [30, answer(point(30, 2))], [45, answer(point(45, 5))]).app?.usage),
    ).to.deep.equal([45, 15, 0.2])
  })

  it('survives a step of the kubelet clock either way without a wrong value', () => {
    for (const step of [3600, -3600, 40, -40]) {
      const before: [number, Sample][] = [
        [5000, answer(point(5000, 0))],
        [5015, answer(point(5015, 15))],
      ]
      const stepped = life(...before, [5030, answer(point(5030 + step, 30))])
      expect(rate(stepped.app?.usage), `step ${step}`).to.deep.equal([5015, 15, 1])
      const after = life(
        ...before,
        [5030, answer(point(5030 + step, 30))],
        [5045, answer(point(5045 + step, 45))],
      )
      expect(rate(after.app?.usage), `after ${step}`).to.deep.equal([5045 + step, 15, 1])
    }
  })

  it('counts zero as a value', () => {
    const { app } = life(
      [0, answer(point(0, 7, { memoryBytes: 0 }))],
      [15, answer(point(15, 7, { memoryBytes: 0 }))],
    )
    expect(app?.usage).to.include({ cpuNanocores: 0, memoryBytes: 0 })
  })

  it('is exact to the nanocore for counters beyond 2^53', () => {
    const big = 40_000_000n * second
    const { app } = life(
      [0, answer(point(0, 0, { cpuNs: big }))],
      [15, answer(point(15.007, 0, { cpuNs: big + 15_007_000_001n }))],
    )
    expect(app?.usage?.cpuNanocores).to.equal(1_000_000_000)
  })

  it('beyond what the node has keeps the last usage, and goes on from there', () => {
    const capacity = { cpuNanocores: 2e9, memoryBytes: 2048 }
    const step = (at: number) => ({ atMs: at * 1000, intervalMs, capacity })
    const first = advance(undefined, answer(point(0, 0)), step(0)).body
    const full = advance(first, answer(point(15, 33)), step(15)).body
    expect(rate(full.pods[0]?.containers[0]?.usage)).to.deep.equal([15, 15, 2.2])
    const jump = advance(full, answer(point(30, 67)), step(30)).body
    expect(rate(jump.pods[0]?.containers[0]?.usage)).to.deep.equal([15, 15, 2.2])
    const swollen = advance(jump, answer(point(45, 68, { memoryBytes: 2253 })), step(45)).body
    expect(rate(swollen.pods[0]?.containers[0]?.usage)).to.deep.equal([15, 15, 2.2])
    const after = advance(swollen, answer(point(60, 83)), step(60)).body
    expect(rate(after.pods[0]?.containers[0]?.usage)).to.deep.equal([60, 15, 1])
  })

  it('holds a container that lacks a series', () => {
    const { app } = life([0, answer(point(0, 0))], [15, answer(point(15, 15))], [30, answer(undefined)])
    expect(rate(app?.usage)).to.deep.equal([15, 15, 1])
  })
})

describe('the containers of a pod', () => {
  const two: [number, Sample][] = [
    [0, answer(point(0, 0), point(0, 0))],
    [15, answer(point(15, 15), point(15, 15))],
  ]
  const names = (body: BodyObjects | undefined) => body?.pods[0]?.containers.map((each) => each.name)

  it('missing from one answer is held, from two in a row gone', () => {
    const once = life(...two, [30, answer(point(30, 30))])
    expect(names(once.body)).to.deep.equal(['app', 'side1'])
    expect(names(life(...two, [30, answer(point(30, 30))], [45, answer(point(45, 45))]).body)).to.deep.equal([
      'app',
    ])
  })

  it('back after one missing answer go on from their base', () => {
    const back = life(...two, [30, answer(point(30, 30))], [45, answer(point(45, 45), point(45, 45))])
    expect(rate(back.body?.pods[0]?.containers[1]?.usage)).to.deep.equal([45, 30, 1])
    expect(back.body?.pods[0]?.containers[1]).to.not.have.property('absent')
  })

  it('of a pod missing from the answer are held and dropped together', () => {
    expect(names(life(...two, [30, answer()]).body)).to.deep.equal(['app', 'side1'])
    expect(life(...two, [30, answer()], [45, answer()]).body?.pods).to.deep.equal([])
  })
})
