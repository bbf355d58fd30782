import type { Clock, Stop } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import { assignments } from '@metrics-ring/common/ring'
import type { LeaseApi } from './leases.ts'
import {
  isAlone,
  type MembersEffect,
  memberNames,
  nextJoinMs,
  noMembers,
  protocolOf,
  reduceMembers,
} from './members.ts'
import type { Times } from './times.ts'

export type MembershipDeps = {
  clock: Clock
  times: Times
  leases: LeaseApi
  /** This shard's name. */
  self: string
  /** The versions of the assignment that we speak; those of this release by default. */
  protocols?: readonly number[]
  /** The members have changed, or the version by which they assign. Not called before the first proof. */
  onMembers: (members: string[], protocol: number) => void
  onEffect: (effect: MembersEffect) => void
  onProof: () => void
  /** A tick ended without a proof; the ring stays as it was. */
  onNoProof: (reason: unknown) => void
  /** Between 0 and 1: spreads the ticks of shards. */
  random: () => number
}

export type Membership = {
  start(): Stop
  /** Tells the others that we are leaving. */
  drain(): Promise<void>
  members(): string[]
  /** Nobody else is there to take our nodes: no other live shard that is not leaving itself. */
  isAlone(): boolean
  /** Milliseconds since the last proof; undefined before the first. */
  proofAgeMs(): number | undefined
}

/** Renews our Lease and reads those of our peers, every R, never two at once (docs/ring.md, the tick). */
export function createMembership(deps: MembershipDeps): Membership {
  const { clock, times, leases, self } = deps
  let state = noMembers(self, deps.protocols ?? [...assignments.keys()])
  let told = ''
  let cancelJoin: Stop = () => {}
  let writing: Promise<unknown> = Promise.resolve()

  /** Two writes of one Lease at once would conflict, and the earlier could win. */
  function alone<T>(write: () => Promise<T>): Promise<T> {
    const result = writing.then(write)
    writing = result.catch(() => {})
    return result
  }

  function apply(event: Parameters<typeof reduceMembers>[1]) {
    const reduced = reduceMembers(state, event, clock.mono(), times)
    state = reduced.state
    for (const effect of reduced.effects) {
      deps.onEffect(effect)
      if (effect.kind === 'collect') void leases.collect(effect.lease).catch(deps.onNoProof)
    }
    tell()
  }
  /** Passes the members on if they differ, now and again when somebody's time to join has come. */
  function tell() {
    const nowMs = clock.mono()
    const members = memberNames(state, nowMs)
    const protocol = protocolOf(state)
    const telling = `${protocol} ${members}`
    if (state.provenMs !== undefined && told !== telling) {
      told = telling
      deps.onMembers(members, protocol)
    }
    cancelJoin()
    const joinMs = nextJoinMs(state, nowMs)
    cancelJoin = joinMs === undefined ? () => {} : clock.after(joinMs - nowMs, tell)
  }
  async function tick() {
    const written = await alone(() => leases.renew(state.draining ? 'draining' : 'active'))
    const askedMs = clock.mono()
    const listed = await leases.list(written.resourceVersion)
    // Paused between question and answer: what the answer says of our peers is as old as the pause was long.
    if (clock.mono() - askedMs > times.awayMs) return deps.onNoProof('this process was paused')
    const mine = listed.find((lease) => lease.shard === self)
    if (mine?.renewTime !== written.renewTime) return deps.onNoProof('the list does not show our own renewal')
    apply({ kind: 'proof', leases: listed })
    deps.onProof()
  }
  return {
    start() {
      const stopTicks = every({
        clock,
        periodMs: () => times.renewMs * (0.9 + 0.2 * deps.random()),
        run: tick,
        onError: deps.onNoProof,
      })
      return () => {
        stopTicks()
        cancelJoin()
      }
    },
    async drain() {
      apply({ kind: 'drain' })
      await alone(() => leases.renew('draining'))
    },
    members: () => memberNames(state, clock.mono()),
    isAlone: () => isAlone(state),
    proofAgeMs: () => (state.provenMs === undefined ? undefined : clock.mono() - state.provenMs),
  }
}
