import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'chai'
import type { SampleStore } from '../../src/store/store.ts'
import { commitAsShard, readAll, readPage, scrape } from './store-builders.ts'

/** Asks until the store answers; its clock's time. */
export async function answers(store: SampleStore, withinMs = 60_000): Promise<number> {
  for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; await sleep(20)) {
    const now = await store.time().catch(() => undefined)
    if (now !== undefined) return now
  }
  throw new Error('the store did not come back')
}

/** Asks until a commit is taken. */
export async function takesWrites(store: SampleStore, node: string, withinMs = 60_000): Promise<void> {
  for (const untilMs = Date.now() + withinMs; Date.now() < untilMs; await sleep(50)) {
    const answer = await commitNow(store, node).catch(() => undefined)
    if (answer) return
  }
  throw new Error('the store took no writes')
}

async function commitNow(store: SampleStore, node: string) {
  return commitAsShard(store, scrape(await store.time(), { node }))
}

/** A follower and a writer before, during and after `fail`, which makes another server the primary. */
export async function expectSurvival(store: SampleStore, fail: () => Promise<unknown>): Promise<void> {
  const now = await store.time()
  for (const node of ['a', 'b', 'c']) await commitAsShard(store, scrape(now - 30_000, { node }))
  const { cursor } = await readAll(store)
  await fail()
  await takesWrites(store, 'd')
  const page = await readPage(store, cursor, 256)
  expect(page.restarted, 'a follower begins anew').to.equal(true)
  const nodes = page.changes.map((each) => each.kind === 'record' && each.record.node)
  expect(nodes).to.include('d')
  // What had not reached the replica is lost; its next scrape brings it back.
  for (const node of ['a', 'b', 'c']) await takesWrites(store, node)
  expect((await store.hydrate(['a', 'b', 'c', 'd'])).size).to.equal(4)
}
