import { expect } from 'chai'
import fc from 'fast-check'
import type { CommitAnswer } from '../../src/store/store.ts'
import { type RedisServer, startRedisServer } from '../../testing/redis-server.ts'
import { packed, readAll, scrape } from './store-builders.ts'
import { type Action, createModel } from './store-model.ts'
import { openMemory, openRedis, type StoreUnderTest } from './stores-under-test.ts'

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31)
const node = fc.constantFrom('a', 'b')
const uid = fc.constantFrom(1, 2, 3)
/** Away from the edges of what is accepted, so that the time a run takes does not matter. */
const seconds = fc.constantFrom(-90, -50, -45, -40, -36, -35, -30, -25, -20, -16, -15, -10, -5, 0, 30)
const commit = fc.record({
  do: fc.constant('commit' as const),
  node,
  uid,
  at: seconds,
  base: fc.constantFrom(
    'stored' as const,
    'stored' as const,
    'stored' as const,
    'none' as const,
    'wrong' as const,
  ),
  news: fc.boolean(),
})
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 20, arbitrary: commit },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), node, uid }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('step back' as const), seconds: fc.constantFrom(7, 3_600) }),
    },
  ),
  { minLength: 5, maxLength: 40, size: 'max' },
)

/** Does it to the store; times are told as in the model. */
async function perform(
  opened: StoreUnderTest,
  startMs: number,
  action: Action,
  version: number,
): Promise<string> {
  const { store } = opened
  if (action.do === 'step back') await opened.stepBack(action.seconds * 1000)
  if (action.do === 'delete') await store.delete(action.node, String(action.uid), action.uid)
  if (action.do !== 'commit') return 'done'
  const atMs = startMs + action.at * 1000
  const given = scrape(atMs, { node: action.node, uid: String(action.uid), createdMs: action.uid })
  const base = { stored: version, none: 0, wrong: 1_000_000 }[action.base]
  return told(await store.commit(given, action.news ? packed(atMs) : undefined, base))
}

function told(answer: CommitAnswer): string {
  if (answer.result === 'accepted') return `accepted ${answer.version}`
  if (answer.result === 'refused') return `refused ${answer.reason}`
  if (answer.result === 'conflict') return `conflict ${answer.stored?.version ?? 0}`
  return answer.result
}

async function everything({ store }: StoreUnderTest, startMs: number) {
  const records = await store.hydrate(['a', 'b'])
  const { changes } = await readAll(store, undefined, 1)
  return changes.map((change) => {
    if (change.kind === 'deleted') return { node: change.node, uid: Number(change.uid) }
    const { node, uid, atMs, version } = change.record
    expect(records.get(node)).to.include({ uid, atMs, version })
    return { node, uid: Number(uid), at: (atMs - startMs) / 1000, version }
  })
}

/** Runs the actions on a store and on the model side by side. */
async function agree(opened: StoreUnderTest, all: Action[]) {
  const model = createModel()
  let startMs = await opened.store.time()
  const realMs = startMs
  for (const [index, action] of all.entries()) {
    const version = action.do === 'commit' ? model.version(action.node, action.uid) : 0
    const actual = await perform(opened, startMs, action, version)
    // A clock that did step tells times from its new moment on.
    if (action.do === 'step back' && (await opened.store.time()) < realMs) startMs = await opened.store.time()
    expect(actual, `action ${index}`).to.equal(model.apply(action))
  }
  const expected = model
    .all()
    .map(({ node, uid, at, version }) => (at === undefined ? { node, uid } : { node, uid, at, version }))
  expect(await everything(opened, startMs)).to.deep.equal(expected)
}

async function withStore(
  open: () => Promise<StoreUnderTest>,
  use: (opened: StoreUnderTest) => Promise<void>,
) {
  const opened = await open()
  try {
    await use(opened)
  } finally {
    await opened.close()
  }
}

describe(`any sequence of commits and deletions (SEED=${seed})`, () => {
  let server: RedisServer
  before(async () => {
    server = await startRedisServer()
  })
  after(() => server.stop())

  for (const [name, open, numRuns] of [
    ['in memory', openMemory, 500],
    ['in Redis', () => openRedis(server.url), 150],
  ] as const) {
    it(`comes to what a plain model says, ${name}`, () =>
      fc.assert(
        fc.asyncProperty(actions, (all) => withStore(open, (opened) => agree(opened, all))),
        { seed, numRuns },
      ))

    it(`never lets a stored time fall while the clock stands, ${name}`, () =>
      fc.assert(
        fc.asyncProperty(fc.array(commit, { maxLength: 30, size: 'max' }), (all) =>
          withStore(open, async (opened) => {
            const startMs = await opened.store.time()
            let before = Number.NEGATIVE_INFINITY
            for (const each of all) {
              const version = (await opened.store.hydrate(['a'])).get('a')?.version ?? 0
              await perform(opened, startMs, { ...each, node: 'a', uid: 1 }, version)
              const after = (await opened.store.freshness(['a'])).get('a')?.atMs ?? before
              expect(after).to.be.at.least(before)
              before = after
            }
          }),
        ),
        { seed, numRuns: numRuns / 5 },
      ))
  }
})
