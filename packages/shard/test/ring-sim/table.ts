import type { Fault, FaultKind } from './faults.ts'
import { type Figures, figuresOf } from './record.ts'
import { simulate } from './simulate.ts'

/** The faults of the table of docs/ring.md, each alone, in virtual time: three shards (five), 100 nodes, 10 seeds. */
type Row = { name: string; shards: number; faults: (seed: number) => Fault[]; target: Partial<Target> }
type Target = { ageMs: number; missed: number; extra: number }

const at = (kind: FaultKind, atMs: number, more: Partial<Fault> = {}): Fault => ({
  kind,
  atMs,
  forMs: 0,
  which: 0,
  how: 0,
  ...more,
})
const t = (seed: number) => 120_000 + 1_733 * seed
// Odd: nobody takes the dead shard's place. 1: without an answer; 0: refused.
const gone = { how: 1 }

const rows: Row[] = [
  {
    name: 'SIGTERM of one',
    shards: 3,
    faults: (seed) => [at('SIGTERM of a shard', t(seed), { which: seed })],
    target: { ageMs: 18_000, missed: 0, extra: 0.01 },
  },
  {
    name: 'scale up by two',
    shards: 3,
    faults: (seed) => [at('a new shard', t(seed)), at('a new shard', t(seed) + 30_000)],
    target: { ageMs: 18_000, missed: 0, extra: 0.01 },
  },
  {
    name: 'rolling update across versions',
    shards: 3,
    faults: (seed) => [at('rolling upgrade of the protocol', t(seed))],
    target: { ageMs: 18_000, missed: 0, extra: 0.01 },
  },
  {
    name: 'SIGKILL of one',
    shards: 3,
    faults: (seed) => [at('SIGKILL of a shard', t(seed), { which: seed, ...gone })],
    target: { ageMs: 28_000 },
  },
  {
    name: 'SIGKILL of two of five',
    shards: 5,
    faults: (seed) => [0, 1].map((i) => at('SIGKILL of a shard', t(seed) + i, { which: seed, ...gone })),
    target: { ageMs: 32_000 },
  },
  {
    name: 'API server away 90 s',
    shards: 3,
    faults: (seed) => [at('API server away', t(seed), { forMs: 90_000, how: seed % 4 })],
    target: { missed: 0, extra: 0.01 },
  },
  {
    name: 'API server away, SIGKILL inside',
    shards: 3,
    faults: (seed) => [
      at('API server away', t(seed), { forMs: 90_000 }),
      at('SIGKILL of a shard', t(seed) + 20_000, { which: seed, ...gone }),
    ],
    target: { ageMs: 28_000 },
  },
  {
    name: 'one shard cut from the API 150 s',
    shards: 3,
    faults: (seed) => [at('a shard cut from the API server', t(seed), { which: seed, forMs: 150_000 })],
    target: { missed: 0, extra: 0.05 },
  },
  {
    name: 'SIGSTOP of one for 60 s',
    shards: 3,
    faults: (seed) => [at('SIGSTOP of a shard, then SIGCONT', t(seed), { which: seed, forMs: 60_000 })],
    target: { ageMs: 28_000 },
  },
  {
    name: 'store away 60 s',
    shards: 3,
    faults: (seed) => [at('the store away', t(seed), { forMs: 60_000, how: seed })],
    target: { missed: 0 },
  },
  {
    name: 'FLUSHALL',
    shards: 3,
    faults: (seed) => [at('FLUSHALL', t(seed))],
    target: { missed: 0, extra: 0.05 },
  },
]

/** Scrapes are counted over so many intervals around the fault. */
const windowIntervals = 12

async function measure({ shards, faults }: Row): Promise<Figures> {
  const sum: Figures = { greatestGapMs: 0, missedSlots: 0, scrapes: 0, expected: 0 }
  for (let seed = 0; seed < 10; seed++) {
    const fromMs = t(seed)
    const run = await simulate({ seed, faults: faults(seed), shards, nodes: 100, drift: 0, quick: true })
    const figures = figuresOf(run.attempts, fromMs, fromMs + windowIntervals * 15_000)
    sum.greatestGapMs = Math.max(sum.greatestGapMs, figures.greatestGapMs)
    sum.missedSlots += figures.missedSlots
    sum.scrapes += figures.scrapes
    sum.expected += figures.expected
  }
  return sum
}

export async function printTable(print: (text: string) => void): Promise<void> {
  print('\n| fault | greatest age, s | missed slots | extra scrapes | target |\n|---|---|---|---|---|')
  for (const row of rows) {
    const { greatestGapMs, missedSlots, scrapes, expected } = await measure(row)
    const extra = scrapes / expected - 1
    const { ageMs, missed, extra: most } = row.target
    const wanted = [
      ageMs === undefined ? [] : [`age <= ${ageMs / 1000} s`],
      missed === undefined ? [] : [`${missed} missed`],
      most === undefined ? [] : [`<= ${100 * most} % extra`],
    ].flat()
    const meets =
      greatestGapMs <= (ageMs ?? Number.POSITIVE_INFINITY) &&
      missedSlots <= (missed ?? Number.POSITIVE_INFINITY) &&
      extra <= (most ?? Number.POSITIVE_INFINITY)
    const cells = [row.name, (greatestGapMs / 1000).toFixed(1), missedSlots, `${(100 * extra).toFixed(1)} %`]
    print(`| ${cells.join(' | ')} | ${wanted.join(', ')}: ${meets ? 'met' : 'MISSED'} |`)
  }
}
