import { gauge, type Meter, type MetricSpecs } from '@metrics-ring/common/telemetry/metric'
import type { Follower } from './follow.ts'
import { sampleMs } from './pod-rules.ts'
import { isServed } from './shelf.ts'
import { createPace, eachInTurns } from './turns.ts'
import type { View } from './view.ts'

const resource = 'pods, nodes'

export const viewMetrics = {
  known: {
    name: 'metrics_ring.view.known',
    kind: 'gauge',
    help: 'Objects that the API server says there are: all Nodes, and the Pods that are Running.',
    labels: { resource },
  },
  served: {
    name: 'metrics_ring.view.served',
    kind: 'gauge',
    help: 'Of these, those of which a sample is served: one within the age bound, or at most 2 s past it. Its share is the completeness.',
    labels: { resource },
  },
  age: {
    name: 'metrics_ring.view.sample.age',
    kind: 'gauge',
    unit: 's',
    help: 'Age of the samples that are served, from the timestamp of the kubelet to now.',
    labels: { resource, percentile: '50, 99, 100: the greatest' },
  },
  losers: {
    name: 'metrics_ring.view.losers',
    kind: 'gauge',
    help: 'Records that name a pod which another record names too, and are not served.',
  },
  lag: {
    name: 'metrics_ring.store.lag',
    kind: 'gauge',
    unit: 's',
    help: 'Since the store was last read to its end. Absent before the first time.',
  },
} as const satisfies MetricSpecs

const percentiles = [50, 99, 100] as const

export type ViewMetricsDeps = {
  view: View
  follower: Pick<Follower, 'lagMs'>
  /** The shared clock, milliseconds; undefined before the store has answered. */
  now: () => number | undefined
}

/** What is served when metrics are collected. Everything is counted in one pass, in turns. */
export function measureView(meter: Meter, { view, follower, now }: ViewMetricsDeps): void {
  const tallies = createTallies(view, now)
  for (const spec of [viewMetrics.known, viewMetrics.served]) {
    gauge(meter, spec, async (observe) => {
      for (const { resource, known, served } of await tallies())
        observe(spec === viewMetrics.known ? known : served, { resource })
    })
  }
  gauge(meter, viewMetrics.age, async (observe) => {
    for (const { resource, ages } of await tallies()) {
      for (const percentile of percentiles) {
        const seconds = ages.at(percentile / 100)
        if (seconds !== undefined) observe(seconds, { resource, percentile: String(percentile) })
      }
    }
  })
  gauge(meter, viewMetrics.losers, (observe) => observe(view.losers()))
  gauge(meter, viewMetrics.lag, (observe) => {
    const lagMs = follower.lagMs()
    if (lagMs !== undefined) observe(lagMs / 1000)
  })
}

type Tally = { resource: string; known: number; served: number; ages: Ages }

/** Those who ask at the same time share one count. */
function createTallies(view: View, now: () => number | undefined): () => Promise<Tally[]> {
  let counting: Promise<Tally[]> | undefined
  return () => {
    counting ??= count(view, now() ?? 0).finally(() => {
      counting = undefined
    })
    return counting
  }
}

async function count(view: View, nowMs: number): Promise<Tally[]> {
  const pace = createPace()
  const pods = { resource: 'pods', known: 0, served: 0, ages: createAges() }
  for (const run of view.selectPods(undefined, {})) {
    await eachInTurns(
      run,
      (entry) => {
        if (!entry.group) return
        pods.known++
        if (entry.served && isServed(entry, nowMs)) add(pods, nowMs - sampleMs(entry.served))
      },
      pace,
    )
  }
  const nodes = { resource: 'nodes', known: 0, served: 0, ages: createAges() }
  await eachInTurns(
    view.selectNodes({}).flat(),
    (entry) => {
      if (!entry.group) return
      nodes.known++
      if (entry.served && isServed(entry, nowMs)) add(nodes, nowMs - entry.served.item.timestampMs)
    },
    pace,
  )
  return [pods, nodes]
}

function add(tally: Tally, ageMs: number) {
  tally.served++
  tally.ages.add(ageMs)
}

type Ages = ReturnType<typeof createAges>

const stepMs = 250
const mostMs = 600_000

/** Counts ages by quarters of a second, so that 150,000 of them need no sorting. */
function createAges() {
  const counts = new Uint32Array(mostMs / stepMs + 1)
  let all = 0
  let greatestMs = 0
  return {
    add(ageMs: number) {
      const within = Math.min(Math.max(ageMs, 0), mostMs)
      const slot = Math.floor(within / stepMs)
      counts[slot] = (counts[slot] ?? 0) + 1
      greatestMs = Math.max(greatestMs, within)
      all++
    },
    /** Seconds, rounded up to the next quarter; undefined where there is none. */
    at(share: number): number | undefined {
      if (all === 0) return undefined
      if (share === 1) return greatestMs / 1000
      let left = Math.ceil(share * all)
      const slot = counts.findIndex((count) => {
        left -= count
        return left <= 0
      })
      return Math.min((slot + 1) * stepMs, greatestMs) / 1000
    },
  }
}
