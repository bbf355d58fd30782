import type { Subject } from '@metrics-ring/sim/model/model'
import { expect } from 'chai'
import { type Context, getList, type Item, type Usage } from './context.ts'
import type { Installation } from './installation.ts'
import { billionths } from './quantities.ts'

type Seen = { subject: Subject; usage: Usage; atMs: number; windowMs: number }

/** Kubelets print CPU seconds and bytes as floating-point numbers. */
const relativeError = 1e-6

/** What is served, held against what the simulated kubelets were asked to tell. */
export function truthSuite(context: () => Context, installation: () => Installation): void {
  /** The served value is the mean over two of the times at which the kubelet looked. */
  function expectTruth({ subject, usage, atMs, windowMs }: Seen, exactWindow: boolean): void {
    const { cluster, intervalMs } = installation()
    const { model, kubelets } = cluster
    const times = kubelets.sampleTimes(subject, atMs - 6 * intervalMs, atMs + 6 * intervalMs)
    const served = Number(billionths(usage.cpu ?? ''))
    const candidates = times.flatMap((endMs) =>
      times
        .filter((startMs) => (exactWindow ? startMs === endMs - windowMs : startMs < endMs))
        .map((startMs) => ({
          nanocores: (model.cpuNanocoreSeconds(subject, startMs, endMs) / (endMs - startMs)) * 1000,
          bytes: model.memoryBytes(subject, endMs),
        })),
    )
    const near = (value: number, truth: number, slack: number) =>
      Math.abs(value - truth) <= slack + truth * relativeError
    const bytes = Number(billionths(usage.memory ?? '')) / 1e9
    const right = candidates.some(
      (each) => near(served, each.nanocores, 1_000) && near(bytes, each.bytes, 4_096),
    )
    expect(right, `${JSON.stringify({ subject, usage, windowMs, candidates })}`).to.equal(true)
  }
  const timeOf = ({ timestamp, window }: Item) => ({ atMs: Date.parse(timestamp), windowMs: millis(window) })

  it('serves what every node used', async () => {
    const { items } = await getList(context(), 'v1beta1/nodes')
    const { model } = installation().cluster
    expect(items.map(({ metadata }) => metadata.name)).to.have.members(model.nodes().map(({ name }) => name))
    for (const item of items) {
      expectTruth({ subject: { node: item.metadata.name }, usage: item.usage ?? {}, ...timeOf(item) }, true)
    }
  })

  it('serves what every container of every running pod used, and of no other', async () => {
    const { items } = await getList(context(), 'v1beta1/pods')
    const { model } = installation().cluster
    const served = items.map(({ metadata, containers = [] }) => [
      ...[metadata.namespace, metadata.name],
      ...containers.map(({ name }) => name).toSorted(),
    ])
    const running = model.pods().filter(({ phase }) => phase === 'Running')
    const wanted = running.map(({ namespace, name, containers }) => [
      ...[namespace, name],
      ...containers.map(({ template }) => template.name).toSorted(),
    ])
    expect(served).to.have.deep.members(wanted)
    for (const item of items) {
      const { namespace = '', name: pod } = item.metadata
      for (const { name: container, usage } of item.containers ?? []) {
        const alone = item.containers?.length === 1
        expectTruth({ subject: { namespace, pod, container }, usage, ...timeOf(item) }, alone)
      }
    }
  })

  it('serves the labels of every pod', async () => {
    const { items } = await getList(context(), 'v1beta1/pods')
    const core = await context().get('/api/v1/pods')
    const labels = (each: Item[]) =>
      each.map(({ metadata }) => [metadata.namespace, metadata.name, metadata.labels ?? {}])
    const running = (JSON.parse(core.text).items as (Item & { status: { phase: string } })[]).filter(
      ({ status }) => status.phase === 'Running',
    )
    expect(labels(items)).to.have.deep.members(labels(running))
  })

  it('serves swap of the nodes that have some, and of no others', async () => {
    const { items } = await getList(context(), 'v1beta1/nodes')
    const { model } = installation().cluster
    const withSwap = items.filter(({ usage }) => usage?.swap !== undefined)
    const wanted = model.nodes().filter(({ swapEnabled }) => swapEnabled)
    expect(withSwap.map(({ metadata }) => metadata.name)).to.have.members(wanted.map(({ name }) => name))
  })
}

function millis(window: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?([\d.]+)s$/.exec(window) ?? []
  return Math.round(Number(minutes) * 60_000 + Number(seconds) * 1000)
}
