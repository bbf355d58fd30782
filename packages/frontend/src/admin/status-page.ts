import { hostname } from 'node:os'
import type { Clock } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { every } from '@metrics-ring/common/every'
import type { AsyncStop } from '@metrics-ring/common/lifecycle'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { version } from '@metrics-ring/common/version'
import type { View } from '../view/view.ts'
import { readAssets } from './assets.ts'
import { type BoardChange, createBoard } from './board.ts'
import { bucketMs, createHistory } from './history.ts'
import type { About, Message, RingNow } from './message.ts'
import { drawPicture, type NodeReading } from './picture.ts'
import { countPods } from './pods.ts'
import { readNodes } from './read-nodes.ts'
import { type Listener, serveAdmin } from './server.ts'

export type StatusPageDeps = {
  port: number
  store: Pick<SampleStore, 'freshness' | 'failures'>
  view: Pick<View, 'selectNodes' | 'selectPods'>
  /** The shared clock, milliseconds; undefined before the store has answered. */
  now: () => number | undefined
  clock: Clock
  intervalMs: number
  maxAgeMs: number
}

export type StatusPage = {
  /** Where it listens. */
  port: number
  /** A request for metrics was answered, which took that long. */
  answered: (tookMs: number) => void
  stop: AsyncStop
}

type Latest = { ring: RingNow; nowMs: number }

/** The store is read so often whether or not somebody looks: who opens the page sees the last minutes. */
const periodMs = 2_000
const worstShown = 20
/** A bucket is sent again until no scrape can fall into it any more, in intervals. */
const historySentAgain = 1.5

/** Serves /ring. Resolves when it listens; rejects if it cannot. */
export async function startStatusPage(deps: StatusPageDeps): Promise<StatusPage> {
  const { store, view, now, clock, intervalMs, maxAgeMs } = deps
  const board = createBoard()
  const history = createHistory()
  const listeners = new Set<Listener>()
  const about = { replica: hostname(), version, intervalMs, maxAgeMs, bucketMs }
  let latest: Latest | undefined
  let pods = { podsServed: 0, podsRunning: 0 }
  let podsCountedMs = Number.NEGATIVE_INFINITY

  async function tell(readings: readonly NodeReading[], nowMs: number, trouble?: string) {
    if (nowMs - podsCountedMs >= bucketMs) {
      podsCountedMs = nowMs
      pods = await countPods(view, nowMs)
    }
    // From here on in one turn: who connects knows all of it, or is told.
    const change = board.update(readings, nowMs)
    const picture = drawPicture(readings, { nowMs, intervalMs, worst: worstShown })
    if (trouble === undefined) {
      const completeness = pods.podsRunning === 0 ? null : pods.podsServed / pods.podsRunning
      history.read(
        readings,
        { greatestAgeMs: Math.round(picture.greatestAgeMs ?? 0) || null, completeness },
        nowMs,
      )
    }
    const { shards, worst, greatestAgeMs, ...totals } = picture
    const ring: RingNow = {
      ...totals,
      ...pods,
      greatestAgeMs: Math.round(greatestAgeMs ?? -1),
      shards: shards.map(({ shard, quietMs, ...rest }) => ({
        slot: board.shardSlot(shard),
        quietMs: Math.round(quietMs),
        ...rest,
      })),
      worst: worst.map(({ node }) => board.nodeSlot(node)),
      ...(trouble === undefined ? {} : { trouble }),
    }
    const isFirst = latest === undefined
    latest = { ring, nowMs }
    if (listeners.size === 0) return
    // Pages that came before there was anything to say begin here.
    const event = isFirst ? welcome(latest) : eventOf(latest, change, nowMs - historySentAgain * intervalMs)
    for (const listener of listeners) listener.send(event)
  }
  const welcome = (now: Latest) => eventOf(now, board.all(now.nowMs), 0, about)
  function eventOf({ ring, nowMs }: Latest, change: BoardChange, historySinceMs: number, about?: About) {
    const message: Message = {
      ...(about ? { about } : {}),
      nowMs: Math.round(nowMs),
      ...change,
      ring,
      history: history.rows(historySinceMs),
    }
    return `data: ${JSON.stringify(message)}\n\n`
  }
  async function read() {
    // Read before the store answers: what it says is never older than that.
    const names = view.selectNodes({}).flatMap((entries) => entries.map(({ name }) => name))
    const readings = await readNodes(store, names, intervalMs)
    const nowMs = now()
    if (nowMs !== undefined) await tell(readings, nowMs)
  }
  function onError(error: unknown) {
    const nowMs = now()
    if (nowMs !== undefined) void tell(board.readings(), nowMs, errorText(error))
  }
  function onListener(listener: Listener) {
    if (latest) listener.send(welcome(latest))
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  const server = await serveAdmin({ port: deps.port, assets: readAssets(), onListener })
  const stopReading = every({ clock, periodMs: () => periodMs, run: read, onError })
  return {
    port: server.address.port,
    answered(tookMs) {
      const nowMs = now()
      if (nowMs !== undefined) history.answered(tookMs, nowMs)
    },
    stop() {
      stopReading()
      return server.stop()
    },
  }
}
