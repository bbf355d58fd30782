import { setTimeout as sleep } from 'node:timers/promises'
import { realClock } from '@metrics-ring/common/clock'
import { every } from '@metrics-ring/common/every'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { silentLog } from '@metrics-ring/common/log'
import { assign, createRing, phaseMs } from '@metrics-ring/common/ring'
import { createSharedClock } from '@metrics-ring/common/store/shared-clock'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { startStatusPage } from '../../src/admin/status-page.ts'
import { createFollower } from '../../src/view/follow.ts'
import { createTestView, nodeObject, podObject, record } from '../builders.ts'

const intervalMs = 15_000
const maxAgeMs = 60_000
const tickMs = 100
/** Commits under way at once: a busy machine must answer them in time. */
const atOnce = 100

export type RingOfMany = {
  url: string
  nodes: string[]
  /** From now on its nodes are left alone. */
  silence(shard: string): void
  /** From now on every scrape of these fails. */
  fail(nodes: readonly string[], reason: string): void
  stop(): Promise<void>
}

/**
 * The status page of a frontend over a real Redis, into which as many nodes are written as no machine would have
 * kubelets for: each at its phase, once in 15 s, by the shard that the ring gives it to.
 */
export async function startRingOfMany(nodeCount: number, shards: readonly string[]): Promise<RingOfMany> {
  const lifecycle = createLifecycle((error) => console.error(error))
  const redis = await startRedisServer()
  lifecycle.add(redis.stop)
  const options = { url: redis.url, ringName: 'many', intervalMs, onBadRecord: () => {}, log: silentLog }
  const store = createRedisStore(options)
  lifecycle.add(() => store.close())
  const sharedClock = createSharedClock({ clock: realClock, readTime: () => store.time() })
  // The connection is made in the background.
  while (sharedClock.now() === undefined) await sharedClock.sync().catch(() => sleep(tickMs))

  const nodes = Array.from({ length: nodeCount }, (_, n) => `node-${String(n).padStart(4, '0')}`)
  const { view } = createTestView(maxAgeMs)
  for (const node of nodes) {
    view.upsertNode(nodeObject(node))
    view.upsertPod(podObject(`default/on-${node}`))
  }
  const events = { storeFailed() {}, storeAnswered() {}, storeRestarted() {}, loaded() {} }
  const follower = createFollower({ store, sharedClock, clock: realClock, apply: view.apply, events })
  lifecycle.add(follower.start())
  const writers = startWriters(store, nodes, shards, () => sharedClock.now() ?? 0)
  lifecycle.add(await writers.start())
  const page = await startStatusPage({
    port: 0,
    store,
    view,
    now: sharedClock.now,
    clock: realClock,
    intervalMs,
    maxAgeMs,
  })
  lifecycle.add(page.stop)
  return { url: `http://127.0.0.1:${page.port}/ring`, nodes, ...writers, stop: lifecycle.stop }
}

type Due = { node: string; atMs: number }

function startWriters(
  store: SampleStore,
  nodes: readonly string[],
  shards: readonly string[],
  now: () => number,
) {
  const owners = assign(createRing(shards), nodes)
  const versions = new Map<string, number>()
  const silent = new Set<string>()
  const failing = new Map<string, string>()
  const unwritten: Due[] = []
  let doneMs = now() - intervalMs

  async function scrape({ node, atMs }: Due) {
    const shard = owners.get(node) ?? ''
    if (silent.has(shard)) return
    const reason = failing.get(node)
    if (reason) return store.tried(node, { by: shard, reason })
    const { body, uid } = record(node, atMs, { [`default/on-${node}`]: [{}] })
    const sent = { node, uid, createdMs: 1, atMs, by: shard, tookMs: 4 }
    let answer = await store.commit(sent, body, versions.get(node) ?? 0)
    // The store took the last one after all, though its answer came too late.
    if (answer.result === 'conflict') answer = await store.commit(sent, body, answer.stored?.version ?? 0)
    if (answer.result === 'accepted') versions.set(node, answer.version)
    return undefined
  }
  /** All whose phase has come since the last time. */
  async function tick() {
    const untilMs = now()
    const due = nodes.flatMap((node) => {
      const atMs = untilMs - ((untilMs - phaseMs(node, intervalMs)) % intervalMs)
      return atMs > doneMs ? [{ node, atMs: Math.round(atMs) }] : []
    })
    doneMs = untilMs
    const waiting = [...unwritten.splice(0), ...due]
    for (let done = 0; done < waiting.length; done += atOnce) {
      const some = waiting.slice(done, done + atOnce)
      // What the store did not take in time is written with the next.
      await Promise.all(some.map((each) => scrape(each).catch(() => unwritten.push(each))))
    }
  }
  return {
    async start() {
      do await tick()
      while (unwritten.length > 0)
      return every({ clock: realClock, periodMs: () => tickMs, run: tick, onError: console.error })
    },
    silence: (shard: string) => void silent.add(shard),
    fail(failed: readonly string[], reason: string) {
      for (const node of failed) failing.set(node, reason)
    },
  }
}
