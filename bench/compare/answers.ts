import { errorText } from '@metrics-ring/common/errors'
import type { Asked } from '../list/client.ts'
import type { LoopDelay } from '../probe.ts'
import { percentile, watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import { type Shape, shapesOf } from './shapes.ts'
import type { Site } from './site.ts'
import type { System } from './systems.ts'

/** What clients got for one shape, over all rounds. */
export type Answered = {
  shape: string
  expected: number
  /** Of the last answer, where it was a list. */
  items: number | null
  bytes: number
  times: number
  p50Ms: number
  p99Ms: number
  /** The first answer of each round but the first: nobody had asked for some time. */
  firstMs: number[]
  /** Share of the machine's CPU time that nobody used meanwhile. */
  idle: number
  /** Of our server meanwhile, with the first answers. */
  loop: LoopDelay | null
}

/** How often each shape is asked for; `restless`: without pauses, where times mean nothing. */
export type Times = { lists: number; selects: number; restless?: boolean }

/** One shape in one round. */
export type Piece = {
  asked: Asked
  /** What the first question took, which is not measured; undefined in the first round. */
  firstMs?: number
  idle: number
  /** That it took, with its pauses. */
  ms: number
  loop: LoopDelay | null
}

/** A slow minute of a shared machine is then a part of every shape, and the median of none. */
const mostRounds = 4
const mostWarming = 20

/** All shapes in turn, again and again. A shape that fails is absent. */
export async function measureAnswers(
  bench: Bench,
  site: Site,
  system: System,
  { lists, selects, restless = false }: Times,
): Promise<Answered[]> {
  const rounds = Math.min(mostRounds, lists)
  const inRound = { lists: Math.ceil(lists / rounds), selects: Math.ceil(selects / rounds), restless }
  const asking = new Map<Shape, Piece[]>(shapesOf(site.places, inRound).map((shape) => [shape, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [shape, pieces] of asking) {
      try {
        pieces.push(await askFor(site, system, shape, round === 0))
      } catch (error) {
        asking.delete(shape)
        bench.progress(`${system.name}: ${shape.name}: ${errorText(error)}`)
      }
    }
    bench.progress(`${system.name}: has answered ${round + 1} of ${rounds} rounds`)
  }
  const results = [...asking].map(([shape, pieces]) => answeredIn(shape, pieces))
  for (const answered of results) bench.progress(`${system.name}: ${answeredText(answered)}`)
  return results
}

/** The first question is for the review of access, more of them in the beginning for connection and compiler: they are not measured. */
async function askFor(
  { client }: Site,
  system: System,
  { question, times, pauseMs }: Shape,
  isFirst: boolean,
): Promise<Piece> {
  const probe = system.servers()[0]?.probe
  await probe?.ask({ measure: 'loop', do: 'start' })
  const warming = isFirst ? Math.min(times, mostWarming) : 1
  const { tookMs } = await client.ask<Asked>({ do: 'ask', question, times: warming, pauseMs })
  const [idle, startedMs] = [watchIdle(), performance.now()]
  const asked = await client.ask<Asked>({ do: 'ask', question, times, pauseMs })
  const loop = (await probe?.ask<LoopDelay>({ measure: 'loop', do: 'stop' })) ?? null
  const first = isFirst ? {} : { firstMs: tookMs[0] ?? Number.NaN }
  return { asked, ...first, idle: idle(), ms: performance.now() - startedMs, loop }
}

/** @param pieces at least one */
export function answeredIn(
  { name, items }: Pick<Shape, 'name' | 'items'>,
  pieces: readonly Piece[],
): Answered {
  const tookMs = pieces.flatMap(({ asked }) => asked.tookMs)
  const ms = pieces.reduce((sum, piece) => sum + piece.ms, 0)
  const last = pieces.at(-1)?.asked
  return {
    shape: name,
    expected: items,
    items: last?.items ?? null,
    bytes: last?.bytes ?? 0,
    times: tookMs.length,
    p50Ms: percentile(tookMs, 0.5) ?? Number.NaN,
    p99Ms: percentile(tookMs, 0.99) ?? Number.NaN,
    firstMs: pieces.map(({ firstMs }) => firstMs).filter((ms) => ms !== undefined),
    idle: pieces.reduce((sum, piece) => sum + piece.idle * piece.ms, 0) / ms,
    loop: pieces.map(({ loop }) => loop).reduce(longest),
  }
}

function longest(one: LoopDelay | null, other: LoopDelay | null): LoopDelay | null {
  if (!one || !other) return null
  return {
    longestMs: Math.max(one.longestMs, other.longestMs),
    longestCpuMs: Math.max(one.longestCpuMs, other.longestCpuMs),
    longestGcMs: Math.max(one.longestGcMs, other.longestGcMs),
  }
}

function answeredText({ shape, p50Ms, p99Ms, items, expected }: Answered): string {
  const complete = items === null || items === expected ? '' : `, ${items} of ${expected} pods`
  return `${shape}, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${complete}`
}
