import type { Message } from './message.ts'
import type { NodeReading } from './picture.ts'
import { createSlots } from './slots.ts'

export type BoardChange = Pick<Message, 'gone' | 'nodes' | 'shards' | 'scraped' | 'failed' | 'mended'>

/** All nodes as the page knows them, and what to tell it of the next reading. */
export function createBoard() {
  const nodes = createSlots()
  const shards = createSlots()
  const known = new Map<string, NodeReading>()

  const nodeSlot = (node: string) => nodes.take(node).slot
  function rowOf({ node, atMs, by, tookMs }: NodeReading, nowMs: number): number[] {
    if (atMs === 0) return [nodeSlot(node), -1, -1, 0]
    return [nodeSlot(node), Math.max(0, Math.round(nowMs - atMs)), shards.take(by).slot, tookMs]
  }
  function failureOf({ node, failure }: NodeReading, nowMs: number): BoardChange['failed'] {
    if (!failure) return []
    return [[nodeSlot(node), Math.round(nowMs - failure.atMs), failure.by, failure.reason]]
  }
  /** Those that are not read any more; returns their slots, which are free then. */
  function forget(readings: readonly NodeReading[]): number[] {
    const names = new Set(readings.map(({ node }) => node))
    for (const node of known.keys()) if (!names.has(node)) known.delete(node)
    return nodes.keep(names)
  }
  return {
    /** Takes a reading of all nodes there are, and returns what is new in it. */
    update(readings: readonly NodeReading[], nowMs: number): BoardChange {
      const change: BoardChange = { gone: [], nodes: [], shards: [], scraped: [], failed: [], mended: [] }
      const names = shardsOf(readings)
      shards.keep(names)
      for (const shard of names) {
        const { slot, isNew } = shards.take(shard)
        if (isNew) change.shards.push([slot, shard])
      }
      if (readings.length < known.size || readings.some(({ node }) => !known.has(node)))
        change.gone = forget(readings)
      for (const reading of readings) {
        const before = known.get(reading.node)
        known.set(reading.node, reading)
        if (!before) change.nodes.push([nodeSlot(reading.node), reading.node])
        if (before?.atMs !== reading.atMs || before.by !== reading.by)
          change.scraped.push(...rowOf(reading, nowMs))
        if (reading.failure && before?.failure?.atMs !== reading.failure.atMs)
          change.failed.push(...failureOf(reading, nowMs))
        if (before?.failure && !reading.failure) change.mended.push(nodeSlot(reading.node))
      }
      return change
    },
    /** Everything, as of the last reading. */
    all(nowMs: number): BoardChange {
      const readings = [...known.values()]
      return {
        gone: [],
        nodes: nodes.entries(),
        shards: shards.entries(),
        scraped: readings.flatMap((reading) => rowOf(reading, nowMs)),
        failed: readings.flatMap((reading) => failureOf(reading, nowMs)),
        mended: [],
      }
    },
    nodeSlot,
    shardSlot: (shard: string) => shards.take(shard).slot,
    readings: (): NodeReading[] => [...known.values()],
  }
}

export type Board = ReturnType<typeof createBoard>

/** Of those that scrape, or try to. */
function shardsOf(readings: readonly NodeReading[]): Set<string> {
  const names = new Set<string>()
  for (const { by, failure } of readings) {
    if (by !== '') names.add(by)
    if (failure) names.add(failure.by)
  }
  return names
}
