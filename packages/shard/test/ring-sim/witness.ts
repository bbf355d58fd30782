import type { BodyObjects } from '@metrics-ring/common/testing/record-objects'
import { isShadow } from '../../src/ring/claims.ts'
import { phaseAt } from '../../src/ring/slots.ts'
import type { Seen } from './record.ts'
import { type SimShard, times, type Witness, type World } from './world.ts'

/** The last commit of a node: by the store's clock, and when in virtual time. */
type Stored = { by: string; atMs: number; uid: string; ms: number }

const W = times.intervalMs
/** Requests on their way, and the gathering of questions, milliseconds. */
const onTheWayMs = 600
/** All shards of a run have started and every node has a record, milliseconds. */
const startedMs = 60_000

/** Judges every event of a run by the invariants that an event can break: I6, I7, I8, I10, I11, I12, I14, I15. */
export function createWitness(seen: Seen, world: () => World): Witness {
  const stored = new Map<string, Stored>()
  const listedMs = new Map<string, number>()
  const asked = new Map<string, { requests: number; conflicts: number; sinceMs: number }>()
  const now = () => world().scheduler.now()
  const storeIsStrange = (by: string) =>
    world().faults.store !== undefined ||
    world().shards.get(by)?.links.store !== undefined ||
    seen.recently('store', 15_000) ||
    // A shard reads a clock that has stepped within 10 s; the timers it has set then are still of the old one.
    seen.recently('store emptied', 30_000) ||
    seen.recently(`store ${by}`, 15_000) ||
    seen.recently(`stopped ${by}`, 6_000)

  function evidence(node: string, self: string): boolean {
    const last = stored.get(node)
    // The turn of a shadow belongs to the phase before it, also when a new one has begun meanwhile.
    const phaseMs = phaseAt(node, world().redis.timeMs() - 0.625 * W, W)
    const scraped = last && last.by !== self && last.atMs >= phaseMs - times.slackMs - onTheWayMs
    const tried = (seen.attempts.get(node) ?? []).some(({ by, ms }) => by !== self && ms >= now() - 2 * W)
    const failing = world().shards.get(self)?.core.shard.nodes().get(node)?.last?.outcome === 'failed'
    // After a step of the store's clock a shard judges by the old one until it reads it again.
    return scraped === true || ((failing || seen.recently('store', 15_000)) && tried)
  }
  function scraped(node: string, by: string, sentMs: number, ok: boolean) {
    const claim = world().shards.get(by)?.core.shard.nodes().get(node)?.claim
    const last = stored.get(node)
    const phaseMs = phaseAt(node, world().redis.timeMs(), W)
    const isSeen =
      last &&
      last.by !== by &&
      last.atMs >= phaseMs - times.slackMs &&
      last.ms < now() - onTheWayMs &&
      last.atMs < world().redis.timeMs() + 1_000
    // A node that has just come glides to its phase: its owner's scrape is not at φ yet, and passes for none.
    const isGliding = now() - (seen.since.get(node) ?? 0) < 4 * W
    if (claim && isShadow(claim) && isSeen && !isGliding && !storeIsStrange(by)) {
      seen.violated(
        'I12',
        `${by} (${claim.kind}) scrapes ${node}, which ${last.by} has scraped in this interval`,
      )
    }
    seen.attempt(node, { ms: sentMs, by, ok })
    const clockMs = world().redis.timeMs()
    const earlyMs = times.slackMs + onTheWayMs
    const sinceMs = now() - (clockMs - phaseAt(node, clockMs + earlyMs, W)) - earlyMs
    const within = (seen.attempts.get(node) ?? []).filter((each) => each.ok && each.ms >= sinceMs)
    // An answer under way is seen by nobody: each change of the ring meanwhile may cost a slow kubelet one more.
    // While shards start one after the other over an empty store, nobody can see who is asking a slow kubelet.
    if ((world().kubelets.all.get(node)?.tookMs ?? 0) >= 1_000) seen.mark(`slow ${node}`)
    const most = seen.recently(`slow ${node}`, 2 * W) ? 5 : 3
    if (within.length > most && now() > startedMs && !storeIsStrange(by))
      seen.violated('I12', `${node} is scraped ${within.length} times in an interval`)
  }
  function committed(node: string, by: string, atMs: number, uid: string, result: string) {
    if (result !== 'accepted' && result !== 'unchanged') return
    const before = stored.get(node)
    const isOlder = before?.uid === uid && before.atMs > atMs && before.ms > seen.lastMs('store emptied')
    if (isOlder)
      seen.violated('I10', `${by} replaces the record of ${node} of ${before.atMs} by one of ${atMs}`)
    stored.set(node, { by, atMs, uid, ms: now() })
  }
  function claimChanged(self: string, node: string, from: string | undefined, to: string | undefined) {
    seen.log(`${self}: ${node} ${from ?? '–'} → ${to ?? '–'}`)
    const isLive = world().shards.get(self)?.process.state() === 'running'
    if (to !== undefined || !isLive || !world().targets.has(node)) return
    const isAllowed = (from === 'retained' || from === 'adopted') && evidence(node, self)
    if (!isAllowed) seen.violated('I6', `${self} drops ${node} (${from}) without evidence`)
  }
  function expired(self: string, peer: string) {
    if (listedMs.get(self) !== now()) seen.violated('I7', `${self} evicts ${peer} without a proof`)
    const lease = world().api.leases().get(`ring-${peer}`)
    const silentMs = lease ? now() - lease.writtenMs : Number.POSITIVE_INFINITY
    // A Lease taken over after this list was read, while the answer was on its way, is none that was known.
    if (
      lease &&
      silentMs > onTheWayMs &&
      silentMs < 0.85 * lease.durationMs &&
      !seen.recently('stale', 90_000)
    ) {
      seen.violated('I8', `${self} evicts ${peer}, whose Lease was written ${Math.round(silentMs)} ms ago`)
    }
    const awayMs = seen.lastMs('api away long')
    if (now() - awayMs < 0.9 * times.leaseMs) {
      seen.violated(
        'I8',
        `${self} evicts ${peer} ${Math.round(now() - awayMs)} ms after the API server came back`,
      )
    }
  }
  return {
    started: (shard: SimShard) => seen.log(`${shard.name} starts`),
    scraped,
    committed(node, by, atMs, uid, { result }, body) {
      committed(node, by, atMs, uid, result)
      for (const nanocores of usages(body)) {
        // Each kubelet's counters rise by half a core, exactly.
        if (Math.abs(nanocores - 5e8) > 2e6)
          seen.violated('usage', `${node} is said to use ${nanocores} nanocores`)
      }
    },
    wrote(name, by, before, resourceVersion) {
      if (before && resourceVersion === undefined)
        seen.violated('I14', `${by} writes ${name} without its version`)
      const holder = before?.spec.holderIdentity
      const isFresh = before !== undefined && now() - before.writtenMs < before.durationMs * 0.85
      if (holder !== undefined && holder !== by && isFresh)
        seen.violated('I11', `${by} takes the Lease of ${holder}`)
    },
    deleted(name, by, before, resourceVersion) {
      if (resourceVersion === undefined) seen.violated('I14', `${by} deletes ${name} without its version`)
      const isOwn = before.spec.holderIdentity === by
      const silentMs = now() - before.writtenMs
      if (!isOwn && silentMs < 8 * times.leaseMs) seen.violated('I14', `${by} deletes the live Lease ${name}`)
    },
    asked(by, status) {
      const count = asked.get(by) ?? { requests: 0, conflicts: 0, sinceMs: now() }
      asked.set(by, count)
      count.requests++
      if (status === 409 || status === 404) count.conflicts++
      const ticks = (now() - count.sinceMs) / (0.9 * times.renewMs) + 1
      // Besides: draining, release, and what conflicts and dead Leases cost.
      if (count.requests > 2 * ticks + 3 * count.conflicts + 12)
        seen.violated(
          'I15',
          `${by} has sent ${count.requests} requests for Leases in ${Math.round(ticks)} ticks`,
        )
    },
    listed: (by) => void listedMs.set(by.slice(0, by.lastIndexOf('_')), now()),
    events: (self) => ({
      scraped: () => {},
      claimChanged: (node, from, to) => claimChanged(self, node, from, to),
      members: (members) => seen.log(`${self}: the ring is ${members.join(' ') || 'empty'}`),
      membersEffect(effect) {
        if ('shard' in effect) seen.log(`${self}: ${effect.shard} ${effect.kind}`)
        if (effect.kind === 'expired') expired(self, effect.shard)
      },
      proof: () => {},
      noProof: () => {},
      storeFailed: () => {},
      wasAway: (ms) => seen.log(`${self}: was away for ${Math.round(ms)} ms`),
    }),
  }
}

function usages(body: BodyObjects | undefined): number[] {
  const subjects = body ? [body.node, ...body.pods.flatMap((pod) => pod.containers)] : []
  return subjects.flatMap(({ usage }) => (usage ? [usage.cpuNanocores] : []))
}
