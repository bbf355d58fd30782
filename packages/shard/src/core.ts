import { type Clock, sleep } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Assignment } from '@metrics-ring/common/ring'
import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import type { SampleStore } from '@metrics-ring/common/store/store'
import type { ShardEvents } from './events.ts'
import type { ShardPorts } from './ports.ts'
import type { LeaseApi } from './ring/leases.ts'
import { createMembership } from './ring/membership.ts'
import type { Times } from './ring/times.ts'
import { createShard } from './shard.ts'

/** How often the store's clock is read, and how often until it was read once, milliseconds. */
const clockSyncMs = 10_000
const clockRetryMs = 1_000
/** How often a draining shard looks whether all its nodes are taken, milliseconds. */
const drainLookMs = 100

/** The ports of a shard: everything outside its own memory. */
export type CoreDeps = {
  self: string
  clock: Clock
  times: Times
  store: SampleStore
  leases: LeaseApi
  fetchSample: ShardPorts['fetchSample']
  events: ShardEvents
  tracing?: ShardPorts['tracing']
  random: () => number
  /** How a ring assigns, by protocol version; those that this release speaks by default. */
  assignments?: ReadonlyMap<number, Assignment>
}

export type Core = ReturnType<typeof startCore>

/** Starts a shard over its ports: shared clock, scraping, membership; and drains it in the order that leaves no gap. */
export function startCore(deps: CoreDeps) {
  const { self, clock, times, store, leases, events } = deps
  const lifecycle = createLifecycle(events.storeFailed)
  const shared = createSharedClock({ clock, readTime: store.time })
  let claimedMs: number | undefined
  let joined = false

  const shard = createShard({ ...deps, now: () => shared.now() ?? 0, resync: shared.sync })
  const membership = createMembership({
    ...deps,
    ...(deps.assignments ? { protocols: [...deps.assignments.keys()] } : {}),
    self,
    onMembers(members, protocol) {
      claimedMs ??= clock.mono()
      events.members(members, protocol)
      shard.setMembers(members, protocol)
    },
    onEffect: events.membersEffect,
    onProof: events.proof,
    onNoProof: events.noProof,
  })
  function join() {
    if (joined) return
    joined = true
    lifecycle.add(shard.stop)
    lifecycle.add(leases.release)
    lifecycle.add(membership.start())
  }
  lifecycle.add(
    // Without the shared clock no scrape can be ordered: the shard joins the ring when it has it.
    every({
      clock,
      periodMs: () => (joined ? clockSyncMs : clockRetryMs),
      run: () => shared.sync().then(join),
      onError: events.storeFailed,
    }),
  )
  return {
    shard,
    membership,
    /** The shared clock, milliseconds; undefined before the store has answered. */
    now: shared.now,
    /** Since nodes were first assigned, milliseconds. */
    claimedForMs: () => (claimedMs === undefined ? undefined : clock.mono() - claimedMs),
    stop: lifecycle.stop,
    /** Says that we leave, covers every node until another is seen scraping it, and stops. */
    async drain() {
      if (joined) {
        const endMs = clock.mono() + times.drainMs
        await membership.drain().catch(events.noProof)
        while (shard.nodes().size > 0 && !membership.isAlone() && clock.mono() < endMs)
          await sleep(clock, drainLookMs)
      }
      await lifecycle.stop()
    },
  }
}
