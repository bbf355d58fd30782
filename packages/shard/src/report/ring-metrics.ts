import { createHash } from 'node:crypto'
import { counter, gauge, type Meter, type MetricSpecs } from '@metrics-ring/common/telemetry/metric'
import type { Core } from '../core.ts'
import type { ClaimedNode } from '../ports.ts'
import { isShadow } from '../ring/claims.ts'
import type { MembersEffect } from '../ring/members.ts'
import type { Times } from '../ring/times.ts'

export const ringMetrics = {
  members: {
    name: 'metrics_ring.members',
    kind: 'gauge',
    help: 'Shards in the ring, as this one sees it.',
  },
  epoch: {
    name: 'metrics_ring.epoch',
    kind: 'gauge',
    help: 'A number made of the names of the members and of the version by which they assign: shards that show the same one agree on the ring.',
  },
  proofAge: {
    name: 'metrics_ring.proof.age',
    kind: 'gauge',
    unit: 's',
    help: 'Since this shard last wrote its Lease and read it back. Absent before the first time.',
  },
  evictions: {
    name: 'metrics_ring.evictions',
    kind: 'counter',
    help: 'Shards that ceased to be members.',
    labels: {
      reason:
        'expired: its Lease stopped changing; draining: it said that it leaves; left: its Lease is gone, also that of one that had expired',
    },
  },
  amnesties: {
    name: 'metrics_ring.amnesties',
    kind: 'counter',
    help: 'How often all peers were given a fresh period, after a long time without proof.',
  },
  pauses: {
    name: 'metrics_ring.pauses',
    kind: 'counter',
    help: 'How often this process was paused for so long that it looked before it scraped on.',
  },
  claims: {
    name: 'metrics_ring.claims',
    kind: 'gauge',
    help: 'Nodes that this shard scrapes, by why.',
    labels: {
      kind: 'own: by the ring; retained: given to another, kept until that one is seen scraping; adopted: of a silent shard',
    },
  },
  stuck: {
    name: 'metrics_ring.handover.stuck',
    kind: 'gauge',
    help: 'Nodes retained or adopted for more than three intervals.',
  },
  unwritten: {
    name: 'metrics_ring.nodes.unwritten',
    kind: 'gauge',
    help: 'Nodes whose last sample could not be written to the store yet.',
  },
  unowned: {
    name: 'metrics_ring.nodes.unowned',
    kind: 'gauge',
    help: 'Nodes of the whole cluster that nobody has scraped, or tried to, for two intervals. Every shard tells the same.',
  },
} as const satisfies MetricSpecs

export type RingMetrics = ReturnType<typeof createRingMetrics>

/** What happens to the ring, counted. */
export function createRingMetrics(meter: Meter) {
  const evictions = counter(meter, ringMetrics.evictions)
  const amnesties = counter(meter, ringMetrics.amnesties)
  const pauses = counter(meter, ringMetrics.pauses)
  let epoch: number | undefined
  gauge(meter, ringMetrics.epoch, (observe) => {
    if (epoch !== undefined) observe(epoch)
  })
  for (const reason of ['expired', 'draining', 'left']) evictions(0, { reason })

  return {
    members(members: readonly string[], protocol: number) {
      epoch = epochOf(members, protocol)
    },
    effect({ kind }: MembersEffect) {
      if (kind === 'amnesty') amnesties(1)
      if (kind === 'expired' || kind === 'draining' || kind === 'left') evictions(1, { reason: kind })
    },
    wasAway: () => pauses(1),
  }
}

/** What the ring and the claims are when metrics are collected. */
export function measureRing(
  meter: Meter,
  { shard, membership }: Pick<Core, 'shard' | 'membership'>,
  { times, mono }: { times: Times; mono: () => number },
): void {
  const specs = ringMetrics
  const count = (is: (node: ClaimedNode) => boolean) => [...shard.nodes().values()].filter(is).length
  gauge(meter, specs.members, (observe) => observe(membership.members().length))
  gauge(meter, specs.proofAge, (observe) => {
    const ageMs = membership.proofAgeMs()
    if (ageMs !== undefined) observe(ageMs / 1000)
  })
  gauge(meter, specs.claims, (observe) => {
    observe(
      count(({ claim }) => !isShadow(claim)),
      { kind: 'own' },
    )
    for (const kind of ['retained', 'adopted'])
      observe(
        count(({ claim }) => claim.kind === kind),
        { kind },
      )
  })
  gauge(meter, specs.stuck, (observe) => {
    const sinceMs = mono() - 3 * times.intervalMs
    observe(count(({ claim }) => isShadow(claim) && claim.sinceMs < sinceMs))
  })
  gauge(meter, specs.unwritten, (observe) => observe(count(({ known }) => known?.unwritten === true)))
  gauge(meter, specs.unowned, (observe) => observe(shard.unowned()))
}

/** 32 bits: what a metric's value holds exactly. */
export function epochOf(members: readonly string[], protocol: number): number {
  return createHash('sha256')
    .update(`${protocol}\n${members.join('\n')}`)
    .digest()
    .readUInt32BE()
}
