import { expect } from 'chai'
import type { SampleStore } from '../../src/store/store.ts'
import { commitAsShard, packed, scrape } from './store-builders.ts'
import type { StoreUnderTest } from './stores-under-test.ts'

/** What every store says of nodes that nobody scrapes. */
export function overdueContract(open: () => Promise<StoreUnderTest>) {
  let opened: StoreUnderTest
  let store: SampleStore
  let now: number
  const at = (seconds: number) => now + seconds * 1000
  const overdue = async (unseen: string[] = []) => (await store.overdue(20_000, unseen)).nodes

  beforeEach(async () => {
    opened = await open()
    store = opened.store
    now = await store.time()
  })
  afterEach(() => opened.close())

  it('names a node once its last scrape is that old, and who scraped it', async () => {
    await store.commit(scrape(at(-25)), packed(at(-25)), 0)
    await store.commit(scrape(at(-15), { node: 'fresh' }), packed(at(-15)), 0)
    const found = await overdue()
    expect([...found.keys()]).to.deep.equal(['n'])
    expect(found.get('n')).to.include({ atMs: at(-25), by: 'a', tookMs: 12 })
    await store.commit(scrape(at(-1)), undefined, 1)
    expect((await overdue()).size).to.equal(0)
  })

  it('names those it knows nothing of only when asked, and when they were tried', async () => {
    await store.commit(scrape(at(-15)), packed(at(-15)), 0)
    await store.tried('failing')
    const found = await overdue(['n', 'failing', 'new'])
    expect([...found.keys()].sort()).to.deep.equal(['failing', 'new'])
    expect(found.get('new')).to.deep.equal({ atMs: 0, by: '', tookMs: 0 })
    expect(found.get('failing')?.triedMs).to.be.within(now, now + 5_000)
  })

  it('counts what was stored under a later clock as nothing', async () => {
    await store.commit(scrape(at(0)), packed(at(0)), 0)
    await opened.stepBack(3_600_000)
    // In Redis the index moves with the next commit only: the record itself is what counts.
    const found = await overdue(['n'])
    if (found.size > 0) expect(found.get('n')).to.include({ atMs: 0, by: '' })
  })

  it('changes its epoch when it was emptied', async () => {
    await store.commit(scrape(at(-25)), packed(at(-25)), 0)
    const before = await store.overdue(20_000, [])
    await opened.empty()
    const after = await store.overdue(20_000, ['n'])
    expect(after.epoch).not.to.equal(before.epoch)
    expect([...after.nodes.keys()]).to.deep.equal(['n'])
  })

  it('names every overdue node, however many there are', async () => {
    const names = Array.from({ length: 1_203 }, (_, i) => `n${i}`)
    for (let done = 0; done < names.length; done += 100) {
      const some = names.slice(done, done + 100)
      await Promise.all(some.map((node) => commitAsShard(store, scrape(at(-25), { node }))))
    }
    expect((await overdue(names.map((name) => `new-${name}`))).size).to.equal(2_406)
  }).timeout(20_000)
}
