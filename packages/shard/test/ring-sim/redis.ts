import type { NodeRecord } from '@metrics-ring/common/record/record'
import type { CommitAnswer, SampleStore } from '@metrics-ring/common/store/store'
import { createMemoryStore } from '@metrics-ring/common/store/store-memory'
import { type BodyObjects, unpack } from '@metrics-ring/common/testing/record-objects'
import { exchange, type Process, type Weather } from './process.ts'
import type { Scheduler } from './scheduler.ts'

/** Milliseconds since the epoch at the start of a run. */
export const epochMs = 1_700_000_000_000

export type RedisWitness = {
  committed(
    node: string,
    by: string,
    atMs: number,
    uid: string,
    answer: CommitAnswer,
    body: BodyObjects | undefined,
  ): void
}

/** The shared store, as a server that fails over, steps its clock, loses the last second or everything. */
export function createRedis(scheduler: Scheduler, intervalMs: number, witness: RedisWitness) {
  let stepMs = 0
  let restoringMs: number | undefined
  const clock = {
    mono: () => restoringMs ?? scheduler.now() + stepMs,
    after: () => () => {},
  }
  const open = () => createMemoryStore({ clock, intervalMs, originMs: epochMs })
  let store = open()
  /** Of each node, the records of the last second and the one before. */
  const recent = new Map<string, { timeMs: number; record: NodeRecord }[]>()

  async function remember(node: string) {
    const record = (await store.hydrate([node])).get(node)
    if (!record) return
    const nowMs = scheduler.now()
    const kept = (recent.get(node) ?? []).filter(({ timeMs }, i, all) => {
      const next = all[i + 1]
      return timeMs > nowMs - 1000 || next === undefined || next.timeMs > nowMs - 1000
    })
    recent.set(node, [...kept, { timeMs: nowMs, record }])
  }
  async function commit(...[scrape, body, base]: Parameters<SampleStore['commit']>): Promise<CommitAnswer> {
    const answer = await store.commit(scrape, body, base)
    witness.committed(scrape.node, scrape.by, scrape.atMs, scrape.uid, answer, body && unpack(body))
    if (answer.result === 'accepted' || answer.result === 'unchanged') await remember(scrape.node)
    return answer
  }
  return {
    timeMs: () => clock.mono() + epochMs,
    current: () => store,
    async flush() {
      store = open()
      recent.clear()
    },
    /** A replica takes over that lacks the last second, and whose clock differs. */
    async failOver(clockStepMs: number) {
      const lostMs = scheduler.now() - 1000
      const old = stepMs
      store = open()
      for (const [node, records] of recent) {
        const last = records.filter(({ timeMs }) => timeMs <= lostMs).at(-1)
        if (!last) continue
        restoringMs = last.record.atMs - epochMs
        await store.commit(last.record, last.record.body, 0)
        recent.set(node, [last])
      }
      restoringMs = undefined
      stepMs = old + clockStepMs
    },
    /** The store as one process reaches it. */
    client(process: Process, weather: () => Weather): SampleStore {
      const call = <T>(serve: () => Promise<T>) =>
        exchange(scheduler, process, weather(), 2_000, serve).then((answer) => answer)
      return {
        commit: (...args) => call(() => commit(...args)),
        hydrate: (nodes) => call(() => store.hydrate(nodes)),
        changes: (cursor, limit) => call(() => store.changes(cursor, limit)),
        freshness: (nodes) => call(() => store.freshness(nodes)),
        overdue: (ageMs, unseen) => call(() => store.overdue(ageMs, unseen)),
        tried: (...args) => call(() => store.tried(...args)),
        failures: (nodes) => call(() => store.failures(nodes)),
        delete: (node, uid, createdMs) => call(() => store.delete(node, uid, createdMs)),
        time: () => call(() => store.time()),
        close: async () => {},
      }
    },
  }
}
