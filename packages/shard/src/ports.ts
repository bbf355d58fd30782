import type { Clock } from '@metrics-ring/common/clock'
import type { Assignment } from '@metrics-ring/common/ring'
import type { SampleStore } from '@metrics-ring/common/store/store'
import type { Tracing } from '@metrics-ring/common/telemetry/trace'
import type { ShardEvents } from './events.ts'
import type { Target } from './kubelet/targets.ts'
import type { Failures } from './patience.ts'
import type { Claim } from './ring/claims.ts'
import type { Times } from './ring/times.ts'
import type { Fetched, Known, Outcome } from './scrape.ts'

/** The ports of a shard's core: everything it touches besides its own memory. */
export type ShardPorts = {
  self: string
  clock: Clock
  times: Times
  /** The shared clock, milliseconds. */
  now: () => number
  /** Reads the shared clock again. */
  resync?: () => Promise<void>
  store: SampleStore
  fetchSample: (target: Target, call: { retry: boolean }) => Promise<Fetched>
  events: ShardEvents
  tracing?: Tracing | undefined
  /** How a ring assigns, by protocol version. */
  assignments?: ReadonlyMap<number, Assignment>
}

/** What is known of one claimed node. */
export type ClaimedNode = {
  claim: Claim
  known?: Known
  /** Failures since the last answer. */
  failures?: Failures
  /** The last scrape's outcome, and when it was sent and over (shared clock). */
  last?: { outcome: Outcome['result']; reason?: string; atMs: number; endedMs: number; tookMs: number }
}
