import { expect } from 'chai'
import type { SampleStore } from '../../src/store/store.ts'
import { unpackFollowed } from '../../testing/record-objects.ts'
import { body, commitAsShard, intervalMs, packed, readAll, readPage, scrape } from './store-builders.ts'
import type { StoreUnderTest } from './stores-under-test.ts'

/** What every store does, whatever it is made of. */
export function storeContract(open: () => Promise<StoreUnderTest>) {
  let opened: StoreUnderTest
  let store: SampleStore
  let now: number
  /** Seconds from now, as milliseconds of the store's clock. */
  const at = (seconds: number) => now + seconds * 1000

  beforeEach(async () => {
    opened = await open()
    store = opened.store
    now = await store.time()
  })
  afterEach(() => opened.close())

  describe('the fence', () => {
    it('accepts the first sample of a node and gives it a version', async () => {
      expect(await store.commit(scrape(at(0)), packed(at(0)), 0)).to.deep.equal({
        result: 'accepted',
        version: 1,
      })
      expect(await store.commit(scrape(at(0), { node: 'm' }), packed(at(0)), 0)).to.include({ version: 2 })
    })

    it('gives back what was committed, bases and all', async () => {
      await store.commit(scrape(at(0)), packed(at(0)), 0)
      const records = await store.hydrate(['n', 'unknown'])
      expect([...records.values()]).to.deep.equal([{ ...scrape(at(0)), body: packed(at(0)), version: 1 }])
    })

    it('refuses a scrape sent longer ago than four intervals, or in the future', async () => {
      const refused = { result: 'refused', reason: 'clock' }
      for (const sent of [at(-61), at(3), Number.NaN, 0]) {
        expect(await store.commit(scrape(sent), packed(at(0)), 0)).to.deep.equal(refused)
      }
      expect(await store.commit(scrape(at(-59)), packed(at(-59)), 0)).to.include({ result: 'accepted' })
    })

    it('calls a scrape sent less than a third of an interval after the stored one a duplicate', async () => {
      await store.commit(scrape(at(-30)), packed(at(-30)), 0)
      const duplicate = { result: 'duplicate', by: 'a', atMs: at(-30) }
      for (const sent of [at(-30), at(-25) - 1, at(-45)]) {
        expect(await store.commit(scrape(sent, { by: 'b' }), packed(sent), 1)).to.deep.equal(duplicate)
      }
      expect(await store.commit(scrape(at(-25), { by: 'b' }), packed(at(-25)), 1)).to.include({ version: 2 })
    })

    it('answers a commit on another base with what is stored, and takes it once computed from that', async () => {
      await store.commit(scrape(at(-30)), packed(at(-30), 7), 0)
      const answer = await store.commit(scrape(at(-15), { by: 'b' }), packed(at(-15)), 0)
      const stored = { ...scrape(at(-30)), body: packed(at(-30), 7), version: 1 }
      expect(answer).to.deep.equal({ result: 'conflict', stored })
      expect(await store.commit(scrape(at(-15), { by: 'b' }), packed(at(-15)), 1)).to.include({ version: 2 })
    })

    it('says that nothing is stored when a commit is based on what was lost', async () => {
      const conflict = { result: 'conflict', stored: undefined }
      expect(await store.commit(scrape(at(0)), packed(at(0)), 7)).to.deep.equal(conflict)
      expect(await store.commit(scrape(at(0)), undefined, 7)).to.deep.equal(conflict)
      expect(await store.commit(scrape(at(0)), undefined, 0)).to.deep.equal(conflict)
      expect((await store.hydrate(['n'])).size).to.equal(0)
    })

    it('refreshes who scraped when, and nothing else, where no timestamp moved', async () => {
      await store.commit(scrape(at(-30)), packed(at(-30)), 0)
      const { cursor } = await readAll(store)
      const again = scrape(at(-15), { by: 'b', tookMs: 99 })
      expect(await store.commit(again, undefined, 1)).to.deep.equal({ result: 'unchanged' })
      const record = { ...again, body: packed(at(-30)), version: 1 }
      expect((await store.hydrate(['n'])).get('n')).to.deep.equal(record)
      expect((await readAll(store, cursor)).changes).to.deep.equal([])
    })

    it('judges in order: the clock, the uid, the time, the version', async () => {
      await store.commit(scrape(at(-30), { uid: 'later', createdMs: 2_000 }), packed(at(-30)), 0)
      const earlier = { uid: 'earlier', createdMs: 1_000 }
      const try_ = (sent: number, more: object, base: number) =>
        store.commit(scrape(sent, { uid: 'later', createdMs: 2_000, ...more }), packed(sent), base)
      expect(await try_(at(-90), earlier, 7)).to.include({ reason: 'clock' })
      expect(await try_(at(-30), earlier, 7)).to.include({ reason: 'uid' })
      expect(await try_(at(-30), {}, 7)).to.include({ result: 'duplicate' })
      expect(await try_(at(-15), {}, 7)).to.include({ result: 'conflict' })
    })

    it('lets a stored time in the future order nothing, after the store went back in time', async () => {
      await store.commit(scrape(at(-1)), packed(at(-1)), 0)
      await opened.stepBack(3_600_000)
      now = await store.time()
      expect(await store.commit(scrape(at(-15)), packed(at(-15)), 0)).to.include({ result: 'conflict' })
      expect(await store.commit(scrape(at(-15)), packed(at(-15)), 1)).to.include({ result: 'accepted' })
      expect(await store.commit(scrape(at(-15)), packed(at(-15)), 2)).to.include({ result: 'duplicate' })
    })

    it('orders by a stored time that is only as far ahead as a scrape may be', async () => {
      expect(await store.commit(scrape(now + 800, { by: 'b' }), packed(now), 0)).to.include({
        result: 'accepted',
      })
      expect(await store.commit(scrape(at(0)), packed(at(0)), 1)).to.include({ result: 'duplicate', by: 'b' })
    })

    it('accepts exactly one of two writers at the same moment', async () => {
      await store.commit(scrape(at(-30)), packed(at(-30)), 0)
      const [a, b] = await Promise.all([
        store.commit(scrape(at(-15)), packed(at(-15)), 1),
        opened.other.commit(scrape(at(-15) + 1, { by: 'b' }), packed(at(-15)), 1),
      ])
      expect([a.result, b.result]).to.have.members(['accepted', 'duplicate'])
    })

    it('takes whole milliseconds where the shared clock has fractions', async () => {
      await store.commit(scrape(at(-15) + 0.4, { tookMs: 3.6 }), packed(at(-15)), 0)
      expect((await store.hydrate(['n'])).get('n')).to.include({ atMs: at(-15), tookMs: 4 })
    })
  })

  describe('a Node that takes the name of another', () => {
    const first = { uid: 'first', createdMs: 1_000 }
    const second = { uid: 'second', createdMs: 2_000 }

    it('is accepted at once and starts empty', async () => {
      await store.commit(scrape(at(-15), first), packed(at(-15)), 0)
      const taken = scrape(at(-14), second)
      expect(await store.commit(taken, packed(at(-14)), 1)).to.deep.equal({
        result: 'conflict',
        stored: undefined,
      })
      expect(await store.commit(taken, packed(at(-14)), 0)).to.include({ version: 2 })
      expect((await store.hydrate(['n'])).get('n')).to.include({ uid: 'second', atMs: at(-14) })
    })

    it('is refused if it is the earlier one, or one of the same moment', async () => {
      await store.commit(scrape(at(-30), second), packed(at(-30)), 0)
      const refused = { result: 'refused', reason: 'uid' }
      const same = { uid: 'other', createdMs: second.createdMs }
      expect(await store.commit(scrape(at(-15), first), packed(at(-15)), 0)).to.deep.equal(refused)
      expect(await store.commit(scrape(at(-15), same), packed(at(-15)), 0)).to.deep.equal(refused)
    })

    it('may do so while a tombstone stands, but the deleted Node may not come back', async () => {
      await store.commit(scrape(at(-30), first), packed(at(-30)), 0)
      await store.delete('n', first.uid, first.createdMs)
      expect(await store.commit(scrape(at(-15), first), packed(at(-15)), 0)).to.include({ reason: 'uid' })
      expect(await store.commit(scrape(at(-15), second), packed(at(-15)), 0)).to.include({
        result: 'accepted',
      })
      expect(await store.commit(scrape(at(0), first), packed(at(0)), 3)).to.include({ reason: 'uid' })
      expect((await store.hydrate(['n'])).get('n')).to.include({ uid: 'second', version: 3 })
    })

    it('is not removed by the deletion of the earlier one', async () => {
      await store.commit(scrape(at(-15), second), packed(at(-15)), 0)
      await store.delete('n', first.uid, first.createdMs)
      expect((await store.hydrate(['n'])).get('n')).to.include({ uid: 'second' })
    })
  })

  describe('a deleted Node', () => {
    it('leaves nothing but a tombstone, which followers see', async () => {
      await store.commit(scrape(at(-15)), packed(at(-15)), 0)
      const { cursor } = await readAll(store)
      await store.delete('n', 'u', scrape(0).createdMs)
      expect((await readAll(store, cursor)).changes).to.deep.equal([{ kind: 'deleted', node: 'n', uid: 'u' }])
      expect((await store.hydrate(['n'])).size).to.equal(0)
      expect((await store.freshness(['n'])).size).to.equal(0)
    })

    it('is refused also if it had never been stored', async () => {
      await store.delete('n', 'u', scrape(0).createdMs)
      expect(await store.commit(scrape(at(0)), packed(at(0)), 0)).to.include({ reason: 'uid' })
    })

    it('is deleted once, however many shards say so', async () => {
      await store.delete('n', 'u', scrape(0).createdMs)
      const { cursor } = await readAll(store)
      await opened.other.delete('n', 'u', scrape(0).createdMs)
      expect((await readAll(store, cursor)).changes).to.deep.equal([])
    })
  })

  describe('the feed', () => {
    const commitAll = (nodes: string[], sent: number) =>
      Promise.all(nodes.map((node) => commitAsShard(store, scrape(sent, { node }))))

    it('brings usage and starts, oldest first', async () => {
      await commitAll(['n'], at(-15))
      const { usage, base } = body(at(-15)).pods[0]!.containers[0]!
      const container = { name: 'app', usage, startMs: base!.startMs }
      const pods = [{ namespace: 'ns', name: 'p', containers: [container] }]
      const record = {
        ...scrape(at(-15)),
        version: 1,
        body: { node: { usage: body(at(-15)).node.usage }, pods },
      }
      const found = (await readAll(store)).changes.map((change) =>
        change.kind === 'record'
          ? { ...change, record: { ...change.record, body: unpackFollowed(change.record.body) } }
          : change,
      )
      expect(found).to.deep.equal([{ kind: 'record', record }])
    })

    it('comes in pages and ends', async () => {
      await commitAll(['a', 'b', 'c', 'd', 'e'], at(-30))
      const { pages, changes, cursor } = await readAll(store, undefined, 2)
      expect(pages.map((page) => [page.changes.length, page.more])).to.deep.equal([
        [2, true],
        [2, true],
        [1, false],
      ])
      expect(changes).to.have.lengthOf(5)
      expect(cursor.version).to.equal(5)
      expect(await readPage(store, cursor, 2)).to.deep.equal({
        changes: [],
        cursor,
        more: false,
        restarted: false,
      })
    })

    it('brings at most 256 records a page, whatever is asked', async () => {
      await commitAll(
        Array.from({ length: 300 }, (_, i) => `n${i}`),
        at(-30),
      )
      for (const limit of [1_000, Number.POSITIVE_INFINITY]) {
        expect((await readPage(store, undefined, limit)).changes).to.have.lengthOf.at.most(256)
      }
      expect((await readPage(store, undefined, 0)).changes).to.have.lengthOf(1)
      expect((await readAll(store, undefined, 1_000)).changes).to.have.lengthOf(300)
    })

    it('brings a node that changed twice once, at its latest', async () => {
      await commitAll(['a', 'b'], at(-30))
      const { cursor } = await readAll(store)
      await commitAll(['a'], at(-20))
      await commitAll(['b'], at(-20))
      await commitAll(['a'], at(-10))
      const nodes = (await readAll(store, cursor)).changes.map(
        (each) => each.kind === 'record' && each.record.node,
      )
      expect(nodes).to.deep.equal(['b', 'a'])
    })

    it('shows the same to another process', async () => {
      await commitAll(['a', 'b'], at(-30))
      expect((await readAll(opened.other)).changes).to.deep.equal((await readAll(store)).changes)
    })

    it('begins anew, and says so once, when the store was emptied', async () => {
      await commitAll(['a', 'b'], at(-30))
      const { cursor } = await readAll(store)
      await opened.empty()
      const emptied = await readPage(store, cursor, 256)
      expect(emptied).to.include({ restarted: true, more: false })
      expect(emptied.changes).to.deep.equal([])
      await commitAll(['c'], at(-30))
      const after = await readPage(store, emptied.cursor, 256)
      expect(after.restarted).to.equal(false)
      expect(after.changes).to.have.lengthOf(1)
      expect(after.cursor.epoch).not.to.equal(cursor.epoch)
    })

    it('begins anew when the store is behind the cursor', async () => {
      await commitAll(['a'], at(-30))
      const { cursor } = await readAll(store)
      const page = await readPage(store, { ...cursor, version: cursor.version + 5 }, 256)
      expect(page).to.include({ restarted: true })
      expect(page.changes).to.have.lengthOf(1)
    })
  })

  describe('freshness', () => {
    it('says who scraped a node when and how long it took, of those that were scraped or tried', async () => {
      await store.commit(scrape(at(-15)), packed(at(-15)), 0)
      const found = await store.freshness(['n', 'unknown'])
      expect([...found.keys()]).to.deep.equal(['n'])
      expect(found.get('n')).to.include({ atMs: at(-15), by: 'a', tookMs: 12 })
      expect(found.get('n')?.triedMs).to.be.within(now, now + 5_000)
    })

    it('notes an attempt that failed by the clock of the store', async () => {
      await store.commit(scrape(at(-15)), packed(at(-15)), 0)
      await store.tried('n')
      await store.tried('never-stored')
      const found = await store.freshness(['n', 'never-stored'])
      expect(found.get('n')?.triedMs).to.be.within(now, now + 5_000)
      expect(found.get('never-stored')).to.include({ atMs: 0, by: '' })
      expect(found.get('never-stored')?.triedMs).to.be.within(now, now + 5_000)
    })

    it('moves with a commit without news', async () => {
      await store.commit(scrape(at(-30)), packed(at(-30)), 0)
      await store.commit(scrape(at(-30) + intervalMs, { by: 'b' }), undefined, 1)
      expect((await store.freshness(['n'])).get('n')).to.include({ atMs: at(-15), by: 'b' })
    })
  })

  it('answers for no nodes at all', async () => {
    expect((await store.hydrate([])).size).to.equal(0)
    expect((await store.freshness([])).size).to.equal(0)
    expect((await readAll(store)).changes).to.deep.equal([])
  })
}
