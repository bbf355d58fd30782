import type { RecordBody, Scrape } from '../../src/record/record.ts'
import type { CommitAnswer, SampleStore } from '../../src/store/store.ts'
import type { BodyObjects } from '../../testing/record-objects.ts'
import { pack } from '../../testing/record-objects.ts'

export const intervalMs = 15_000

/** A scrape of node n, uid u, by shard a, sent at `atMs`. */
export function scrape(atMs: number, more: Partial<Scrape> = {}): Scrape {
  return { node: 'n', uid: 'u', createdMs: 1_690_000_000_000, by: 'a', tookMs: 12, ...more, atMs }
}

/** A node and one pod of one container that used `cpu` nanocores. */
export function body(atMs: number, cpu = 1): BodyObjects {
  const usage = {
    timestampMs: atMs - 1_234,
    windowMs: 15_001,
    cpuNanocores: cpu,
    memoryBytes: 2 ** 30,
    atMs,
  }
  const base = { timestampMs: atMs - 1_234, cpuNs: 2n ** 60n + BigInt(cpu), atMs }
  const app = { name: 'app', usage, base: { ...base, startMs: atMs - 86_400_000 } }
  return { node: { usage, base }, pods: [{ namespace: 'ns', name: 'p', containers: [app] }] }
}

/** The same as a commit takes it. */
export const packed = (...given: Parameters<typeof body>): RecordBody => pack(body(...given))

/** Commits as a shard does: what a conflict answers is the next base; its content does not matter here. */
export async function commitAsShard(store: SampleStore, given: Scrape, cpu = 1): Promise<CommitAnswer> {
  const first = await store.commit(given, packed(given.atMs, cpu), 0)
  if (first.result !== 'conflict') return first
  return store.commit(given, packed(given.atMs, cpu), first.stored?.version ?? 0)
}

/** A page of the feed, all of it read. */
export async function readPage(store: SampleStore, ...asked: Parameters<SampleStore['changes']>) {
  const page = await store.changes(...asked)
  return { ...page, changes: [...page.changes] }
}

/** Reads every page from the beginning, or from the cursor. */
export async function readAll(
  store: SampleStore,
  cursor?: Parameters<SampleStore['changes']>[0],
  limit = 256,
) {
  const pages = []
  let page = await readPage(store, cursor, limit)
  for (pages.push(page); page.more; pages.push(page)) page = await readPage(store, page.cursor, limit)
  return { changes: pages.flatMap(({ changes }) => changes), cursor: page.cursor, pages }
}
