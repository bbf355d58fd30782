import { silentLog } from '@metrics-ring/common/log'
import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { measuredStore } from '@metrics-ring/common/telemetry/store-metrics'
import { startTelemetry } from '@metrics-ring/common/telemetry/telemetry'
import { keyOf, readExposition, seriesOf } from '@metrics-ring/common/testing/exposition'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { createApiMetrics } from '@metrics-ring/frontend/answer/api-metrics'
import { createEvents } from '@metrics-ring/frontend/events'
import { createRenderers } from '@metrics-ring/frontend/render/render-items'
import { requestInfo } from '@metrics-ring/frontend/request/request-info'
import { createFollower } from '@metrics-ring/frontend/view/follow'
import { createView } from '@metrics-ring/frontend/view/view'
import { measureView } from '@metrics-ring/frontend/view/view-metrics'
import { startCore } from '@metrics-ring/shard/core'
import { createShardEvents } from '@metrics-ring/shard/events'
import type { Target } from '@metrics-ring/shard/kubelet/targets'
import { createNodeBook } from '@metrics-ring/shard/report/node-book'
import { measureRing } from '@metrics-ring/shard/report/ring-metrics'
import { createSoleLease } from '@metrics-ring/shard/ring/sole-lease'
import { times as timesOf } from '@metrics-ring/shard/ring/times'
import type { Fetched } from '@metrics-ring/shard/scrape'
import { expect } from 'chai'

const W = 15_000
const startMs = 1_700_000_000_000
const waveSize = 500
const waves = 21
const reasons = ['timeout', 'refused', 'reset', 'tls_unknown_ca', 'unauthorized', 'status_5xx', 'dns']

/** A shard and what a frontend reads, over one store, on a clock that is turned by hand; their metrics are real. */
async function setUp() {
  const telemetry = await startTelemetry('standalone', { log: silentLog, env: {} })
  const { meter } = telemetry
  const clock = createFakeClock(startMs)
  const memory = createMemoryStore({ clock, intervalMs: W, originMs: 0 })
  const store = measuredStore(memory, meter, clock.mono)
  const times = timesOf(W)
  const book = createNodeBook(clock.mono, 2 * W)
  const core = startCore({
    self: 'standalone',
    clock,
    times,
    store,
    leases: createSoleLease('standalone', times.leaseMs),
    fetchSample: async ({ node }) => answerOf(node, Math.round(clock.mono())),
    events: createShardEvents(silentLog, { mono: clock.mono, meter, book }),
    random: () => 0.5,
  })
  measureRing(meter, core, { times, mono: clock.mono })
  const sharedClock = createSharedClock({ clock, readTime: store.time })
  const view = createView({ maxAgeMs: 60_000, ...createRenderers(true) })
  const follower = createFollower({
    store,
    sharedClock,
    clock,
    apply: view.apply,
    events: createEvents(silentLog),
  })
  const stopFollower = follower.start()
  measureView(meter, { view, follower, now: sharedClock.now })
  return {
    clock,
    core,
    view,
    api: createApiMetrics(meter),
    page: async () => readExposition(await telemetry.page()),
    async stop() {
      stopFollower()
      const stopping = core.stop()
      await clock.advance(1)
      await stopping
      await telemetry.stop()
    },
  }
}

/** One kubelet in ten fails, each in one way. */
function answerOf(node: string, atMs: number): Fetched {
  const number = Number(node.split('-')[1])
  if (number % 10 === 0) {
    const reason = reasons[(number / 10) % reasons.length] ?? 'other'
    return { ok: false, reason, detail: `${reason} at ${node}` }
  }
  const seconds = (atMs - startMs) / 2000
  const pod = `container="c",namespace="ns-${number}",pod="pod-${number}"`
  const lines = [
    `node_cpu_usage_seconds_total ${seconds} ${atMs}`,
    `node_memory_working_set_bytes 1024 ${atMs}`,
    `container_cpu_usage_seconds_total{${pod}} ${seconds} ${atMs}`,
    `container_memory_working_set_bytes{${pod}} 1024 ${atMs}`,
  ]
  return { ok: true, body: Buffer.from(`${lines.join('\n')}\n`) }
}

function targetOf(node: string): Target {
  return {
    node,
    uid: `uid-${node}`,
    createdMs: 1,
    kubelet: { ok: false, reason: 'other', detail: '' },
  }
}

describe('the number of series', function () {
  this.timeout(60_000)

  it('stays the same while ten thousand nodes, their pods and paths come and go', async () => {
    const { clock, core, view, api, page, stop } = await setUp()
    const series = async () => seriesOf(await page()).map(keyOf)
    let first: string[] = []
    for (let wave = 0; wave < waves; wave++) {
      const names = Array.from({ length: waveSize }, (_, at) => `node-${wave * waveSize + at}`)
      core.shard.setTargets(new Map(names.map((name) => [name, targetOf(name)])))
      view.listingNodes()
      view.listedNodes()
      view.listingPods()
      await view.listedPods()
      for (const name of names) {
        const number = name.split('-')[1]
        view.upsertNode({ name, uid: `uid-${name}`, labels: {} } as never)
        view.upsertPod({
          namespace: `ns-${number}`,
          name: `pod-${number}`,
          labels: {},
          createdMs: clock.mono() - W,
        } as never)
        for (const path of [
          `/apis/metrics.k8s.io/v1/nodes/${name}`,
          `/apis/metrics.k8s.io/v1/namespaces/ns-${number}/pods?labelSelector=a%3D${number}`,
          `/apis/of-nobody-${number}/v1/things/${name}`,
          `/${name}`,
        ]) {
          api.begun()
          api.ended(requestInfo('GET', path), 200, 1)
        }
      }
      await clock.advance(3 * W)
      // With the second wave the first one has gone: by then everything has happened once.
      if (wave === 1) first = await series()
    }
    const last = await page()
    const scraped = last.get('metrics_ring_scrapes_total')?.series ?? []
    expect(scraped.reduce((sum, { value }) => sum + value, 0)).to.be.at.least(2 * waves * waveSize)
    expect(last.get('metrics_ring_decode_malformed_lines_total')?.series[0]?.value).to.equal(0)
    const served = last
      .get('metrics_ring_view_served')
      ?.series.find(({ labels }) => labels.resource === 'pods')
    expect(served?.value).to.equal(waveSize * 0.9)
    expect(new Set(seriesOf(last).map(keyOf))).to.deep.equal(new Set(first))
    console.log(`    ${first.length} series after ${2 * waveSize} nodes and after ${waves * waveSize}`)
    expect(
      seriesOf(last)
        .map(keyOf)
        .filter((key) => /node-\d|ns-\d|pod-\d|nobody/.test(key)),
    ).to.deep.equal([])
    await stop()
  })
})
