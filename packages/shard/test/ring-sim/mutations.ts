/** The rules of the protocol, each with the text that states it in the shipping code, and the test that holds it. */
export type Mutation = {
  rule: string
  /** From the root of the repository. */
  file: string
  find: string
  /** What is left without the rule. */
  replace: string
  /** Where the test is, from the root, and its name. */
  testFile: string
  test: string
}

const rules = 'packages/shard/test/ring-sim/rules.test.ts'

export const mutations: readonly Mutation[] = [
  {
    rule: 'proof',
    file: 'packages/shard/src/ring/membership.ts',
    find: 'if (mine?.renewTime !== written.renewTime)',
    replace: 'if (mine === null)',
    testFile: 'packages/shard/test/ring/membership.test.ts',
    test: 'stays as it is while our own write fails, or the list does not show it',
  },
  {
    rule: 'amnesty',
    file: 'packages/shard/src/ring/members.ts',
    find: 'withoutProofMs > 2 * times.renewMs + times.joinMs',
    replace: 'withoutProofMs > 1e12',
    testFile: rules,
    test: 'an outage of the API server evicts nobody, however long it is',
  },
  {
    rule: 'evidence',
    file: 'packages/shard/src/ring/claims.ts',
    find: "return { kind: 'retained', sinceMs: nowMs, reserve: claim.kind === 'gained' }",
    replace: 'return nowMs < 0 ? claim : undefined',
    testFile: rules,
    test: 'a shard that leaves leaves no gap',
  },
  {
    rule: 'phase clock',
    file: 'packages/shard/src/shard.ts',
    find: 'now: deps.now,\n    intervalMs',
    replace: 'now: clock.mono,\n    intervalMs',
    testFile: rules,
    test: 'shards whose clocks differ by an hour hand nodes over on phase',
  },
  {
    rule: 'ladder',
    file: 'packages/shard/src/ring/ladder.ts',
    find: "if (!othersTry) return 'adopt'",
    replace: "if (!othersTry) return 'wait'",
    testFile: rules,
    test: 'a crash while the API server is away is covered within 28 s',
  },
  {
    rule: 'fence floor',
    file: 'packages/common/src/store/fence.ts',
    find: 'scrape.atMs - atMs < intervalMs / 3',
    replace: 'scrape.atMs - atMs < -1e12',
    testFile: 'packages/common/test/store/store-agreement.test.ts',
    test: 'never lets a stored time fall while the clock stands, in memory',
  },
  {
    rule: 'sorted members',
    file: 'packages/shard/src/ring/members.ts',
    find: 'return names.sort()',
    replace: 'return names',
    testFile: 'packages/shard/test/ring/members.test.ts',
    test: 'are, at the first proof, me and all that are listed',
  },
]
