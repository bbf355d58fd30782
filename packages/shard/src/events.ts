import { realClock } from '@metrics-ring/common/clock'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { Log } from '@metrics-ring/common/log'
import { type Meter, silentMeter } from '@metrics-ring/common/telemetry/metric'
import type { Failures } from './patience.ts'
import { createNodeBook, type NodeBook } from './report/node-book.ts'
import { createNodeLog } from './report/node-log.ts'
import { createRingMetrics } from './report/ring-metrics.ts'
import { createScrapeMetrics } from './report/scrape-metrics.ts'
import type { Claim } from './ring/claims.ts'
import type { MembersEffect } from './ring/members.ts'
import type { Outcome } from './scrape.ts'

/** What happens in a shard that an operator wants to know of: one function each. */
export type ShardEvents = {
  /** `failures`: those since the last answer, this one included. */
  scraped(node: string, outcome: Outcome, failures?: Failures): void
  claimChanged(node: string, from: Claim['kind'] | undefined, to: Claim['kind'] | undefined): void
  /** `protocol`: the version by which they assign. */
  members(members: readonly string[], protocol: number): void
  membersEffect(effect: MembersEffect): void
  proof(): void
  noProof(reason: unknown): void
  storeFailed(error: unknown): void
  wasAway(awayMs: number): void
}

export type EventsOptions = {
  /** A monotonic clock, milliseconds. */
  mono?: () => number
  meter?: Meter
  /** Is told what becomes of each node. */
  book?: NodeBook
}

/** Without a refusal for so long, the store takes samples again, milliseconds: some may be taken amid refusals. */
const calmMs = 5_000

/** Metric and log line of what happens: a line for every change of state, none for what stays as it is. */
export function createShardEvents(log: Log, options: EventsOptions = {}): ShardEvents {
  const { mono = realClock.mono, meter = silentMeter, book = createNodeBook(mono) } = options
  const metrics = createScrapeMetrics(meter, book)
  const ring = createRingMetrics(meter)
  const nodeLog = createNodeLog(log, mono)
  let proven = true
  let storeUp = true
  let refusedMs = 0

  /** That Redis is away, and back, is told by the connection; here it is what Redis answers. */
  function storeFailed(error: unknown) {
    if (error instanceof CodedError && error.code === 'store_unavailable') return
    refusedMs = mono()
    if (storeUp) log.warn({ error: errorText(error) }, 'the store takes no samples; scraping goes on')
    storeUp = false
  }
  function storeAnswered() {
    if (storeUp || mono() - refusedMs < calmMs) return
    storeUp = true
    log.info({}, 'the store takes samples again')
  }
  return {
    scraped(node, outcome, failures) {
      metrics.scraped(outcome)
      const { before = 'ok', after } = book.enter(node, outcome, failures)
      if (after !== before) nodeLog.changed(node, after, 'detail' in outcome ? outcome.detail : undefined)
      nodeLog.tick(book.states)
      if (outcome.result === 'unwritten') storeFailed(outcome.error)
      else if (outcome.result !== 'failed') storeAnswered()
    },
    claimChanged(node, from, to) {
      if (to === undefined) book.forget(node)
      log.debug({ node, from, to }, 'claim changed')
    },
    members(members, protocol) {
      ring.members(members, protocol)
      log.info({ members }, `the ring has ${members.length} members`)
    },
    membersEffect(effect) {
      ring.effect(effect)
      const message = effect.kind === 'collect' ? 'removing a dead Lease' : `ring: ${effect.kind}`
      log.info('shard' in effect ? { shard: effect.shard } : {}, message)
    },
    proof() {
      if (!proven) log.info({}, 'the API server confirms the ring again')
      proven = true
    },
    noProof(reason) {
      if (proven)
        log.warn({ reason: errorText(reason) }, 'no proof of the ring: it stays as it is, scraping goes on')
      proven = false
    },
    storeFailed,
    wasAway(awayMs) {
      ring.wasAway()
      log.warn({ awayMs: Math.round(awayMs) }, 'this process was paused: looking before scraping')
    },
  }
}
