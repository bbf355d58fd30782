import { type ControlPlane, startControlPlane } from '@metrics-ring/sim/control-plane'
import { expect } from 'chai'
import { realClock } from '../../src/clock.ts'
import { createKubeClient, type KubeClient } from '../../src/kube/kube.ts'
import { loadKubeConfig } from '../../src/kube/kubeconfig.ts'
import { createReflector, type KubeObject, type Reflector } from '../../src/kube/reflector.ts'
import { silentLog } from '../../src/log.ts'
import { createFakeClock } from '../../testing/fake-clock.ts'

const node = (name: string, label = 'a') => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { label } },
})

describe('following a collection of the API server', () => {
  let plane: ControlPlane
  let client: KubeClient
  let stops: (() => void)[]
  beforeEach(async () => {
    stops = []
    plane = await startControlPlane()
    client = createKubeClient(await loadKubeConfig(plane.kubeconfigPath))
  })
  afterEach(async () => {
    for (const stop of stops) stop()
    await client.close()
    await plane.close()
  })

  function follow(query?: Record<string, string>) {
    const seen = new Map<string, string>()
    const counts = { upserts: 0, lists: 0 }
    let unlisted = new Set<string>()
    const reflector: Reflector = createReflector<
      KubeObject & { metadata: { labels?: Record<string, string> } }
    >({
      client,
      clock: realClock,
      log: silentLog,
      path: '/api/v1/nodes',
      ...(query ? { query } : {}),
      handler: {
        upsert({ metadata }) {
          counts.upserts++
          unlisted.delete(metadata.name)
          seen.set(metadata.name, metadata.labels?.label ?? '')
        },
        remove: (_, name) => void seen.delete(name),
        listing() {
          unlisted = new Set(seen.keys())
        },
        listed() {
          counts.lists++
          for (const name of unlisted) seen.delete(name)
        },
      },
    })
    stops.push(reflector.start())
    return { reflector, seen, counts, names: () => [...seen.keys()].sort() }
  }

  it('lists page by page, then hears of what comes, changes and goes', async () => {
    const names = Array.from({ length: 1100 }, (_, i) => `n${i}`)
    for (const name of names) plane.apiserver.sink.apply(node(name))
    const { reflector, seen } = follow()
    await until(() => reflector.synced() && seen.size === 1100)
    plane.apiserver.sink.apply(node('new'))
    plane.apiserver.sink.apply(node('n0', 'changed'))
    plane.apiserver.sink.remove(node('n1'))
    await until(() => seen.has('new') && seen.get('n0') === 'changed' && !seen.has('n1'))
  })

  it('asks for what a selector matches only', async () => {
    plane.apiserver.sink.apply(node('in', 'x'))
    plane.apiserver.sink.apply(node('out', 'y'))
    const { reflector, names } = follow({ labelSelector: 'label=x' })
    await until(() => reflector.synced())
    plane.apiserver.sink.apply(node('out', 'x'))
    plane.apiserver.sink.apply(node('in', 'y'))
    await until(() => names().join() === 'out')
  })

  it('goes on after a dropped watch without a new list', async () => {
    const { reflector, names, counts } = follow()
    await until(() => reflector.synced() && plane.apiserver.openWatches('nodes') === 1)
    plane.apiserver.dropWatches('nodes')
    plane.apiserver.sink.apply(node('later'))
    await until(() => names().join() === 'later')
    expect(counts.lists).to.equal(1)
  })

  it('lists again when its place in the history is gone, and forgets what went meanwhile', async () => {
    plane.apiserver.sink.apply(node('stays'))
    plane.apiserver.sink.apply(node('goes'))
    const { reflector, names, counts } = follow()
    await until(() => reflector.synced() && plane.apiserver.openWatches('nodes') === 1)
    plane.apiserver.setOutage('down')
    plane.apiserver.sink.remove(node('goes'))
    plane.apiserver.expireHistory()
    plane.apiserver.setOutage(undefined)
    await until(() => names().join() === 'stays')
    expect(counts.lists).to.equal(2)
  })

  it('keeps trying while the API server is away at the start', async () => {
    plane.apiserver.sink.apply(node('there'))
    plane.apiserver.setOutage('down')
    const { reflector, names } = follow()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(reflector.synced()).to.equal(false)
    plane.apiserver.setOutage(undefined)
    await until(() => names().join() === 'there')
  })

  it('finds the API server again within seconds, however long it was away', async () => {
    const clock = createFakeClock(0)
    const away = async () => {
      if (clock.mono() < 90_000) throw new Error('away')
      return { status: 200, body: { items: [], metadata: { resourceVersion: '1' } } }
    }
    const nobody = { request: away, stream: away } as unknown as KubeClient
    const handler = { upsert() {}, remove() {}, listing() {}, listed() {} }
    const reflector = createReflector({
      client: nobody,
      clock,
      log: silentLog,
      path: '/api/v1/nodes',
      handler,
    })
    stops.push(reflector.start())
    await clock.advance(90_000)
    expect(reflector.synced()).to.equal(false)
    await clock.advance(6_000)
    expect(reflector.synced()).to.equal(true)
  })
})

async function until(holds: () => boolean): Promise<void> {
  const endMs = Date.now() + 8_000
  while (!holds()) {
    if (Date.now() > endMs) throw new Error('it did not come to hold within 8 s')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
