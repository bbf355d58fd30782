import type { Log } from '@metrics-ring/common/log'
import type { NodeState } from './node-book.ts'

/**
 * Tells the log which nodes fail and which are back: a line each, but at most four in any minute. What is
 * beyond is counted and said in one line every 20 s; while any node fails, a summary follows every five minutes. A
 * thousand failing nodes are fewer than ten lines in any minute.
 */
export type NodeLog = {
  changed(node: string, to: NodeState, detail: string | undefined): void
  /** Says what has gathered, when it is time; called with every scrape, so that no timer is needed. */
  tick(states: () => Map<NodeState, number>): void
}

const minuteMs = 60_000
const namedPerMinute = 4
const gatherMs = 20_000
const summaryMs = 300_000

export function createNodeLog(log: Log, mono: () => number): NodeLog {
  /** When the last nodes were named, oldest first. */
  const namedMs: number[] = []
  let gathered = { failed: 0, back: 0 }
  let gatheredFromMs = 0
  let summaryDueMs = mono() + summaryMs

  function mayName(): boolean {
    const nowMs = mono()
    if (namedMs.length >= namedPerMinute && nowMs - (namedMs[0] ?? nowMs) < minuteMs) return false
    namedMs.push(nowMs)
    if (namedMs.length > namedPerMinute) namedMs.shift()
    return true
  }
  function gather(kind: 'failed' | 'back') {
    if (gathered.failed + gathered.back === 0) gatheredFromMs = mono()
    gathered[kind]++
  }
  function tellGathered(states: Map<NodeState, number>) {
    const { failed, back } = gathered
    gathered = { failed: 0, back: 0 }
    const level = failed > 0 ? 'warn' : 'info'
    log[level]({ failed, back, states: Object.fromEntries(states) }, 'more nodes changed than are named')
  }
  return {
    changed(node, to, detail) {
      if (!mayName()) gather(to === 'ok' ? 'back' : 'failed')
      else if (to === 'ok') log.info({ node }, 'this node is scraped again')
      else if (to === 'quarantined') log.warn({ node, detail }, 'nobody listens on this node: asking rarely')
      else log.warn({ node, reason: to, detail }, 'cannot scrape this node')
    },
    tick(states) {
      const nowMs = mono()
      const waiting = gathered.failed + gathered.back > 0
      if (waiting && nowMs - gatheredFromMs >= gatherMs) tellGathered(states())
      if (nowMs < summaryDueMs) return
      summaryDueMs = nowMs + summaryMs
      const now = states()
      const failing = [...now].some(([state]) => state !== 'ok')
      if (failing) log.warn({ states: Object.fromEntries(now) }, 'some nodes cannot be scraped')
    },
  }
}
