import fc from 'fast-check'
import type { ContainerSample, Point } from '../../src/record/sample.ts'
import type { Answered, Context } from './usage-oracle.ts'

/** Random lives of a node: what may happen to it and to its containers from one answer to the next. */

const W_MS = [3_000, 10_000, 15_000, 60_000]
const startMs = 1_700_000_000_000
const containers = ['a/p/app', 'a/p/side', 'b/p/app', 'b/q/app']

/** To a container (or the node) between two answers; `by` is drawn anew each time, 0 <= by < 1. */
type Fate = { what: (typeof FATES)[number]; by: number }
const FATES = [
  'runs',
  'runs',
  'runs',
  'runs',
  'idles',
  'repeats',
  'slightly newer',
  'edge of W/3',
  'edge of 4W',
  'edge of skew',
  'restarts',
  'restarts at an edge',
  'counter falls',
  'start goes back',
  'start is hidden',
  'jumps beyond capacity',
  'jumps beyond numbers',
  'memory explodes',
  'clock steps',
  'lacks a series',
  'is missing',
] as const

type Turn = { fates: Fate[]; wait: number; waitBy: number }
export type History = { context: Context; answers: Answered[] }

/** In millionths: the doubles of fast-check crowd around zero. */
const fraction = fc.nat(999_999).map((millionths) => millionths / 1e6)
const fate: fc.Arbitrary<Fate> = fc.record({
  what: fc.constantFrom(...FATES),
  by: fraction,
})
const turn: fc.Arbitrary<Turn> = fc.record({
  fates: fc.array(fate, { minLength: containers.length + 1, maxLength: containers.length + 1 }),
  wait: fc.constantFrom(1, 1, 1, 1, 0.4, 1.5, 2, 3.9, 4.1, 7),
  waitBy: fraction,
})

export const history: fc.Arbitrary<History> = fc
  .record({
    intervalMs: fc.constantFrom(...W_MS),
    limited: fc.boolean(),
    turns: fc.array(turn, { minLength: 2, maxLength: 12 }),
  })
  .map(({ intervalMs, limited, turns }) => {
    const capacity = { cpuNanocores: 4_000_000_000, memoryBytes: 8_000_000_000 }
    const context = { intervalMs, ...(limited && { capacity }) }
    return { context, answers: live(turns, intervalMs) }
  })

type Life = Point & { startMs: number; hidden: boolean; skewMs: number; lookedMs: number; askedMs: number }

function live(turns: Turn[], intervalMs: number): Answered[] {
  const lives = [undefined, ...containers].map((_, index) => newborn(startMs, index))
  let atMs = startMs
  return turns.map(({ fates, wait, waitBy }) => {
    atMs += Math.round(intervalMs * wait * (0.9 + 0.2 * waitBy))
    const said = lives.map((life, index) => {
      const { what, by } = fates[index] ?? { what: 'runs', by: 0.5 }
      suffer(life, what, by, atMs, intervalMs)
      return { missing: what === 'is missing', point: what === 'lacks a series' ? undefined : pointOf(life) }
    })
    const [node, ...rest] = said
    const pods = new Map<string, ContainerSample[]>()
    for (const [index, each] of rest.entries()) {
      if (each.missing) continue
      const [namespace, pod, name = ''] = (containers[index] ?? '').split('/')
      const key = `${namespace}/${pod}`
      pods.set(key, [...(pods.get(key) ?? []), { name, point: each.point }])
    }
    const samples = [...pods].map(([key, each]) => {
      const [namespace = '', name = ''] = key.split('/')
      return { namespace, name, containers: each }
    })
    return { atMs, sample: { node: node?.missing ? undefined : node?.point, pods: samples } }
  })
}

function newborn(nowMs: number, index: number): Life {
  return {
    timestampMs: nowMs,
    lookedMs: nowMs,
    askedMs: nowMs,
    cpuNs: BigInt(index) * 10n ** 16n,
    memoryBytes: 1_000_000 * index,
    startMs: nowMs - index * 8_000,
    hidden: index === 0,
    skewMs: 0,
  }
}

/** Up to two cores' worth of work until the kubelet looks, at most a third of an interval ago. */
function suffer(life: Life, what: Fate['what'], by: number, atMs: number, intervalMs: number): void {
  const before = { ...life }
  const look = (lookedMs: number) => {
    life.lookedMs = Math.round(lookedMs)
    life.timestampMs = life.lookedMs + life.skewMs
  }
  const work = (cores: number) => {
    life.cpuNs += BigInt(Math.round(Math.max(0, life.lookedMs - before.lookedMs) * 1e6 * cores))
  }
  const edge = Math.floor(by * 3) - 1
  const restart = (ageMs: number) => {
    life.startMs = life.timestampMs - Math.round(ageMs)
    life.cpuNs = BigInt(Math.round(ageMs * 1e6 * by))
  }
  if (what === 'repeats') return
  life.askedMs = atMs
  look(atMs - (by * intervalMs) / 3)
  if (what === 'clock steps') life.skewMs = Math.round((by - 0.5) * 2 * 3_600_000 * (by < 0.8 ? 1 : 0.01))
  if (what === 'slightly newer') look(before.lookedMs + (by * intervalMs) / 2)
  if (what === 'edge of W/3') look(before.lookedMs + Math.ceil(intervalMs / 3) + edge)
  if (what === 'edge of 4W') look(before.lookedMs + 4 * intervalMs + edge)
  if (what === 'edge of skew')
    look(before.lookedMs + (atMs - before.askedMs) + ((by * 10) % 1 < 0.5 ? 30_000 : -30_000) + edge)
  look(life.lookedMs)
  work(what === 'idles' ? 0 : 2 * by)
  life.memoryBytes = Math.round(4e9 * by)
  if (what === 'start is hidden') life.hidden = !life.hidden
  if (what === 'restarts') restart(by * 3 * intervalMs)
  if (what === 'restarts at an edge')
    restart((by * 10) % 1 < 0.5 ? Math.min(10_000, (2 * intervalMs) / 3) + edge : 2 * intervalMs + edge)
  if (what === 'counter falls') life.cpuNs /= 2n
  if (what === 'start goes back') life.startMs -= 1 + Math.round(by * 60_000)
  if (what === 'jumps beyond capacity') life.cpuNs += BigInt(Math.round(by * 6 * intervalMs * 1e6))
  if (what === 'jumps beyond numbers')
    life.cpuNs += (BigInt(Math.round(by * 2 ** 30)) * (BigInt(intervalMs) * 2n ** 24n)) / 1000n
  if (what === 'memory explodes') life.memoryBytes = Math.round(8e9 + by * 1.6e9)
}

function pointOf({ timestampMs, cpuNs, memoryBytes, startMs: start, hidden }: Life): Point {
  const swap = memoryBytes % 2 === 0 ? { swapBytes: memoryBytes / 2 } : {}
  return { timestampMs, cpuNs, memoryBytes, ...swap, ...(hidden ? {} : { startMs: start }) }
}
