import { errorText } from '@metrics-ring/common/errors'
import type { Log } from '@metrics-ring/common/log'
import type { Claim } from './claims.ts'
import type { MembersEffect } from './members.ts'
import type { Outcome } from './scrape.ts'

/** What happens in a shard that an operator wants to know of: one function each. */
export type ShardEvents = {
  scraped(node: string, outcome: Outcome): void
  claimChanged(node: string, from: Claim['kind'] | undefined, to: Claim['kind'] | undefined): void
  members(members: readonly string[]): void
  membersEffect(effect: MembersEffect): void
  proof(): void
  noProof(reason: unknown): void
  storeFailed(error: unknown): void
  wasAway(awayMs: number): void
}

/** A line for every change of state, none for what stays as it is. */
export function createShardEvents(log: Log): ShardEvents {
  const failing = new Map<string, string>()
  let proven = true
  let storeUp = true

  function setStore(error: unknown) {
    const up = error === undefined
    if (up === storeUp) return
    storeUp = up
    if (up) log.info({}, 'the store takes samples again')
    else log.warn({ error: errorText(error) }, 'the store takes no samples; scraping goes on')
  }
  function setNode(node: string, outcome: Outcome) {
    const before = failing.get(node)
    if (outcome.result === 'failed') {
      failing.set(node, outcome.reason)
      if (before !== outcome.reason) {
        log.warn({ node, reason: outcome.reason, detail: outcome.detail }, 'cannot scrape this node')
      }
    } else if (before !== undefined) {
      failing.delete(node)
      log.info({ node }, 'this node is scraped again')
    }
  }
  return {
    scraped(node, outcome) {
      setNode(node, outcome)
      if (outcome.result === 'unwritten') setStore(outcome.error)
      else if (outcome.result !== 'failed') setStore(undefined)
    },
    claimChanged(node, from, to) {
      if (to === undefined) failing.delete(node)
      log.debug({ node, from, to }, 'claim changed')
    },
    members(members) {
      log.info({ members }, `the ring has ${members.length} members`)
    },
    membersEffect(effect) {
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
    storeFailed: setStore,
    wasAway(awayMs) {
      log.warn({ awayMs: Math.round(awayMs) }, 'this process was paused: looking before scraping')
    },
  }
}
