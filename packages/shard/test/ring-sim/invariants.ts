import { createRing } from '@metrics-ring/common/ring'
import { isShadow } from '../../src/ring/claims.ts'
import { phaseAt } from '../../src/ring/slots.ts'
import type { Seen } from './record.ts'
import { type SimShard, times, type World } from './world.ts'

const W = times.intervalMs
/** No kubelet is left alone for longer, whatever happens, while the store answers, milliseconds. */
const mostAgeMs = 40_000
/** Without the ladder (no store) the ring alone moves nodes: expiry, two ticks, joining, an interval. */
const mostAgeBlindMs = times.leaseMs + 3 * times.renewMs + times.joinMs + 2 * W

/** Notes what excuses a rule, at every look. */
export function noteExcuses(seen: Seen, world: World): void {
  const { faults, shards, api } = world
  if (faults.store) seen.mark('store')
  if (faults.api || api.faults.status !== undefined) seen.mark('api')
  else seen.mark('api well')
  // Shorter ones are within what Leases tolerate: nobody's clock need start anew.
  if (!seen.recently('api well', 2 * times.leaseMs)) seen.mark('api away long')
  if (api.faults.staleMs > 0) seen.mark('stale')
  for (const { name, links, process } of shards.values()) {
    if (links.store) {
      seen.mark(`store ${name}`)
      seen.mark('store cut')
    }
    if (links.api) seen.mark('api cut')
    if (links.kubelets) seen.mark('kubelets cut')
    if (links.kubelets) seen.mark(`kubelets cut ${name}`)
    if (process.state() === 'stopped') {
      seen.mark(`stopped ${name}`)
      seen.mark('stopped')
    }
  }
  if (![...shards.values()].some(isCapable)) seen.mark('nobody')
  if (![...shards.values()].some((shard) => covers(seen, shard))) seen.mark('nobody covers')
  for (const { node, fault } of world.kubelets.all.values()) {
    if (fault) seen.mark(`kubelet ${node}`)
    else seen.mark(`well ${node}`)
    // Ten refusals in a row: for the shard no kubelet to ask every time (patience.ts).
    if (!seen.recently(`well ${node}`, 9 * W)) seen.mark(`given up ${node}`)
  }
}

/** Members of somebody's ring that are no more. */
function departed({ shards }: World): number {
  const known = new Set([...shards.values()].flatMap(({ core }) => core.shard.members()))
  return [...known].filter((name) => !shards.has(name) || shards.get(name)?.leaving).length
}

function isCapable({ process, links, core }: SimShard): boolean {
  return process.state() === 'running' && !links.store && !links.kubelets && core.shard.members().length > 0
}

/** It climbs the ladder for others: one that drains, has only just come, or only just the store again, does not. */
function covers(seen: Seen, shard: SimShard): boolean {
  const { core, name } = shard
  const isSettled = (core.claimedForMs() ?? 0) > 2 * W
  // For it, ages have begun anew when the store came back.
  const hasStore = !seen.recently(`store ${name}`, W + times.rungMs + 2 * times.ladderMs)
  return isCapable(shard) && isSettled && hasStore && core.shard.members().includes(name)
}

/** I5, and the bound on the time between scrapes: checked once a virtual second. */
export function checkCoverage(seen: Seen, world: World): void {
  const nowMs = world.scheduler.now()
  for (const node of world.targets.keys()) {
    const excused = Math.max(seen.lastMs(`kubelet ${node}`), seen.lastMs('nobody'))
    const scrapedMs = Math.max(lastScrapeMs(seen, node), excused, seen.since.get(node) ?? nowMs)
    // That its owner tries in vain is learnt from the store, and without one from nobody.
    const isOwnerCut = seen.recently('kubelets cut', nowMs - scrapedMs)
    const gapMs = nowMs - (isOwnerCut ? Math.max(scrapedMs, seen.lastMs('store')) : scrapedMs)
    const isBlind = seen.recently('store', gapMs) || seen.recently('store emptied', gapMs + 5_000)
    // Nobody new can join, yet shards leave (a rollout would wait for them to be Ready): many rungs are empty.
    const isMute = seen.recently('api', gapMs) || seen.recently('stale', gapMs)
    const isDesolate = isMute && gapMs > W && departed(world) > 2
    // The owner tries in vain, and rung 1, which alone may try as well, does so too, or has no store to learn it from.
    const areSeveralCut = shardsCut(seen, world, gapMs).length > 1
    const isUnlucky = isOwnerCut && (areSeveralCut || seen.recently('store cut', gapMs + 2 * W))
    // Nobody is in the ring but who left it, and who is to follow cannot join.
    const isOrphaned = isMute && seen.recently('nobody covers', gapMs)
    const isHelpless = (isBlind && isMute) || isUnlucky || isOrphaned
    const isLame =
      seen.recently('kubelets cut', gapMs) || seen.recently('stopped', gapMs) || isBlind || isDesolate
    if (isHelpless) continue
    // Then one in ten intervals, and rung 1 of the ladder once in four.
    if (seen.recently(`given up ${node}`, 7 * W)) continue
    const boundMs = (isLame ? mostAgeBlindMs : mostAgeMs) + 2 * tookMs(world, node)
    if (gapMs > boundMs && !seen.recently(`told ${node}`, 60_000)) {
      seen.mark(`told ${node}`)
      seen.violated('age', `${node} was not scraped for ${Math.round(gapMs)} ms (${holders(world, node)})`)
    }
    if (!isLame && gapMs > W + 10_000) checkHeld(seen, world, node, gapMs)
  }
}

/** Shards that could not reach kubelets within the last so many milliseconds. */
function shardsCut(seen: Seen, { shards }: World, withinMs: number): string[] {
  return [...shards.keys()].filter((name) => seen.recently(`kubelets cut ${name}`, withinMs))
}

function checkHeld(seen: Seen, world: World, node: string, gapMs: number) {
  const shards = [...world.shards.values()]
  const isHeld = shards.some((shard) => isCapable(shard) && shard.core.shard.nodes().has(node))
  if (isHeld) return
  const names = new Set(shards.flatMap(({ core }) => core.shard.members()))
  const preference = [...createRing([...names]).preference(node)]
  const live = new Set(shards.filter((shard) => covers(seen, shard)).map(({ name }) => name))
  if (live.size === 0) return
  const dead = preference.findIndex((name) => live.has(name))
  // What was never scraped counts from when a shard has found it missing.
  const foundMs = lastScrapeMs(seen, node) === 0 ? 2 * times.ladderMs : times.ladderMs
  const boundMs = W + times.rungMs * (Math.max(0, dead) + 1) + foundMs + 1.5 * tookMs(world, node) + 1_000
  if (gapMs > boundMs) seen.violated('I5', `nobody holds ${node}, last scraped ${Math.round(gapMs)} ms ago`)
}

/** I13, at the end: the ring is quiet, and each node is scraped once in an interval. */
export function checkQuiet(seen: Seen, world: World, exact: boolean): void {
  const shards = [...world.shards.values()]
  const names = shards.map(({ name }) => name).sort()
  const owners = new Map<string, string[]>()
  for (const { name, core, versions } of shards) {
    const members = core.shard.members().join(' ')
    if (members !== names.join(' '))
      seen.violated('I13', `${name} sees the ring ${members}, it is ${names.join(' ')}`)
    for (const [node, { claim }] of core.shard.nodes()) {
      if (isShadow(claim)) seen.violated('I13', `${name} still holds ${node} as ${claim.kind}`)
      else owners.set(node, [...(owners.get(node) ?? []), name])
    }
    if (versions.length === 0) seen.violated('I13', `${name} speaks no version`)
  }
  for (const node of world.targets.keys()) {
    const by = owners.get(node) ?? []
    if (by.length !== 1) seen.violated('I13', `${node} is owned by ${by.length} shards: ${by.join(' ')}`)
    if (seen.recently(`given up ${node}`, 14 * W)) continue
    const untilMs = world.scheduler.now() - sinceHalfway(node, world.redis.timeMs())
    const attempts = seen.attempts.get(node) ?? []
    const count = attempts.filter(({ ms }) => ms > untilMs - 4 * W && ms <= untilMs).length
    if (exact ? count !== 4 : Math.abs(count - 4) > 1)
      seen.violated('I13', `${node} was scraped ${count} times in the last 4 intervals`)
  }
}

/** Since the middle between two phases: near a phase, a millisecond decides which interval a scrape is of. */
function sinceHalfway(node: string, sharedMs: number): number {
  return sharedMs - W / 2 - phaseAt(node, sharedMs - W / 2, W)
}

function lastScrapeMs(seen: Seen, node: string): number {
  return seen.attempts.get(node)?.findLast(({ ok }) => ok)?.ms ?? 0
}

function tookMs(world: World, node: string): number {
  return world.kubelets.all.get(node)?.tookMs ?? 0
}

function holders(world: World, node: string): string {
  const held = [...world.shards.values()].flatMap(({ name, core }) => {
    const claimed = core.shard.nodes().get(node)
    return claimed ? [`${name}: ${claimed.claim.kind}, ${claimed.last?.outcome}`] : []
  })
  return held.join('; ') || 'held by nobody'
}
