import { expect } from 'chai'
import { looksAt } from '../../src/kubelet/looks.ts'
import { createCursor, looks, scheduleFor } from '../../src/kubelet/sampling.ts'
import { createNodeReader } from '../../src/kubelet/series.ts'
import { steady } from '../../src/model/curve.ts'
import { createModel } from '../../src/model/model.ts'
import { samples } from './kubelet-cluster.ts'

const T0 = 1_750_000_000_000
const real = { startedMs: T0, factor: 1 }

function gaps(times: number[]): number[] {
  return times.slice(1).map((time, at) => time - (times[at] as number))
}

function clock(nowMs = T0) {
  const at = { nowMs }
  const advance = (ms: number) => {
    at.nowMs += ms
  }
  return { now: () => at.nowMs, advance }
}

describe('the sampling of a cgroup', () => {
  it('has pauses of 10 to 20 s for the busy and 15 to 30 s for the idle, and shrinks with the interval', () => {
    for (const [idle, factor, least, most] of [
      [false, 1, 10_000, 20_000],
      [true, 1, 15_000, 30_000],
      [false, 0.2, 2000, 4000],
    ] as const) {
      const times = looks(scheduleFor(99, T0 - 1e9, idle, { startedMs: T0, factor }), T0, T0 + 1e7)
      expect(Math.min(...gaps(times))).to.be.within(least - 1, least * 1.1)
      expect(Math.max(...gaps(times))).to.be.within(most * 0.9, most)
    }
  })

  it('has happened before the simulation began for what is older, and happens within a second for what is new', () => {
    for (let seed = 0; seed < 200; seed++) {
      expect(createCursor(scheduleFor(seed, T0 - 1e8, true, real))(T0)).to.be.within(T0 - 60_000, T0)
      const fresh = createCursor(scheduleFor(seed, T0 + 5000, false, real))
      expect(fresh(T0 + 4999)).to.equal(undefined)
      expect(fresh(T0 + 6000)).to.be.within(T0 + 5000, T0 + 6000)
    }
  })

  it('can be asked for in any order', () => {
    const schedule = scheduleFor(3, T0 - 1e8, false, real)
    const times = looks(schedule, T0, T0 + 600_000)
    const cursor = createCursor(schedule)
    for (const at of [...times, ...times.toReversed()]) {
      expect(cursor(at)).to.equal(at)
      expect(cursor(at + 9999)).to.equal(at)
    }
  })
})

describe('what a kubelet says', () => {
  it('is the exact integral up to the instant of each stamp, and its stamps are the sample times', () => {
    const time = clock()
    const model = createModel({ nodes: 1, podsPerNode: 8, seed: 4, swapFraction: 1, now: time.now })
    const node = model.nodes()[0]!
    const reader = createNodeReader(node, 'cadvisor', real)
    const base = new Map<string, { value: number; atMs: number }>()
    for (let scrape = 0; scrape < 12; scrape++, time.advance(15_000)) {
      for (const { name, labels, value, atMs } of samples(reader.text(time.now()))) {
        const subject = labels.pod === undefined ? { node: node.name } : { namespace: '', pod: '', ...labels }
        if (name.endsWith('memory_working_set_bytes'))
          expect(value).to.equal(model.memoryBytes(subject, atMs))
        if (name.endsWith('swap_usage_bytes')) expect(value).to.equal(model.swapBytes(subject, atMs))
        if (!name.endsWith('cpu_usage_seconds_total')) continue
        expect(looksAt(model, real, subject, atMs, time.now())).to.deep.equal([atMs])
        const key = JSON.stringify(subject)
        const { value: before, atMs: fromMs } = base.get(key) ?? { value, atMs }
        const rate = model.cpuNanocoreSeconds(subject, fromMs, atMs)
        expect((value - before) * 1e9).to.be.closeTo(rate, 200)
        base.set(key, { value, atMs })
      }
    }
    expect(base.size).to.be.greaterThan(16)
  })

  it('has each series at its own time with cadvisor, and all at the request with cri', () => {
    const model = createModel({ nodes: 1, podsPerNode: 8, seed: 4, now: () => T0 })
    const stamps = (sampling: 'cadvisor' | 'cri') => {
      const text = createNodeReader(model.nodes()[0]!, sampling, real).text(T0)
      return new Set(
        samples(text)
          .map(({ atMs }) => atMs)
          .filter((atMs) => atMs > 0),
      )
    }
    expect(stamps('cadvisor').size).to.be.greaterThan(10)
    expect([...stamps('cri')]).to.deep.equal([T0])
  })

  it('begins a restarted container at zero, with its new start, once it has been looked at', () => {
    const time = clock()
    const model = createModel({ nodes: 1, podsPerNode: 2, seed: 6, now: time.now })
    const { namespace, name } = model.createPod({ containers: [{ name: 'only', cpu: steady(1e9) }] })
    const reader = createNodeReader(model.nodes()[0]!, 'cadvisor', real)
    const series = (metric: string) =>
      samples(reader.text(time.now())).find(
        (line) => line.labels.container === 'only' && line.name.includes(metric),
      )
    time.advance(60_000)
    const before = series('cpu')!
    expect(before.value).to.be.greaterThan(20)
    model.restartContainer(namespace, name)
    const restartedMs = time.now()
    time.advance(1000)
    expect(series('start')?.value).to.equal(restartedMs / 1000)
    expect(series('cpu')?.value).to.be.below(2)
    const pod = samples(reader.text(time.now())).find(
      (line) => line.name.startsWith('pod_cpu') && line.labels.pod === name,
    )
    expect(pod?.value).to.be.greaterThan(20)
    model.deletePod(namespace, name)
    expect(series('cpu')).to.equal(undefined)
  })

  it('lists its series in the order of their labels, whatever comes and goes', () => {
    const model = createModel({ nodes: 1, podsPerNode: 12, seed: 8, now: () => T0 })
    for (let n = 0; n < 5; n++) model.createPod({ namespace: `ns-${n}` })
    const lines = createNodeReader(model.nodes()[0]!, 'cri', real).text(T0).split('\n')
    const cpu = lines.filter((line) => line.startsWith('container_cpu'))
    expect(cpu.length).to.be.greaterThan(12)
    expect(cpu).to.deep.equal(cpu.toSorted())
  })
})
