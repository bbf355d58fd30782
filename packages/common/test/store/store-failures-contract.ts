import { expect } from 'chai'
import type { SampleStore } from '../../src/store/store.ts'
import { packed, scrape } from './store-builders.ts'
import type { StoreUnderTest } from './stores-under-test.ts'

/** What every store remembers of scrapes that failed. */
export function failuresContract(open: () => Promise<StoreUnderTest>) {
  let opened: StoreUnderTest
  let store: SampleStore
  let now: number
  const refused = { by: 'a', reason: 'refused: nobody listens on 10.0.0.1:10250' }

  beforeEach(async () => {
    opened = await open()
    store = opened.store
    now = await store.time()
  })
  afterEach(() => opened.close())

  it('names who last failed to scrape a node, when and why, also of one never scraped', async () => {
    await store.commit(scrape(now), packed(now), 0)
    await store.tried('n', { by: 'b', reason: 'timeout: 10 s' })
    await store.tried('n', refused)
    await store.tried('new', refused)
    const found = await opened.other.failures(['n', 'new', 'unknown'])
    expect([...found.keys()].sort()).to.deep.equal(['n', 'new'])
    for (const each of found.values()) {
      expect(each).to.include(refused)
      expect(each.atMs).to.be.within(now, now + 5_000)
    }
  })

  it('keeps the reason while the node is left alone on purpose', async () => {
    await store.tried('n', refused)
    await store.tried('n')
    expect((await store.failures(['n'])).get('n')).to.include(refused)
  })

  it('stores the first scrape of a node that had only failed, and hides no record behind a failure', async () => {
    await store.tried('n', refused)
    expect((await store.hydrate(['n'])).size).to.equal(0)
    expect(await store.commit(scrape(now), packed(now), 0)).to.include({ result: 'accepted' })
    await store.tried('n', refused)
    expect((await store.hydrate(['n'])).size).to.equal(1)
    expect((await store.freshness(['n'])).get('n')).to.include({ atMs: now, by: 'a' })
  })

  it('forgets it with the Node', async () => {
    await store.tried('n', refused)
    await store.delete('n', 'u', 1)
    expect((await store.failures(['n'])).size).to.equal(0)
  })

  it('cuts a reason that is long', async () => {
    await store.tried('n', { by: 'a', reason: 'x'.repeat(1_000) })
    expect((await store.failures(['n'])).get('n')?.reason).to.have.lengthOf(200)
  })

  it('answers for many nodes, and for none', async () => {
    const names = Array.from({ length: 1_203 }, (_, i) => `n${i}`)
    await Promise.all(names.map((node) => store.tried(node, refused)))
    expect((await store.failures(names)).size).to.equal(1_203)
    expect((await store.failures([])).size).to.equal(0)
  })
}
