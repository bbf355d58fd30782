import { type Failures, isQuarantined } from '../patience.ts'
import type { Outcome } from '../scrape.ts'

/** How a node is: `ok`, or the reason of its failure, or `quarantined` (refused too often, asked rarely). */
export type NodeState = string

/** The last things known of one claimed node; times are milliseconds of the monotonic clock. */
export type NodeEntry = {
  state: NodeState
  result: Outcome['result']
  detail?: string
  triedMs: number
  /** Of the last answer; undefined before the first. */
  answered?: {
    atMs: number
    tookMs: number | undefined
    bytes: number
    malformedLines: number
    rejected: number
    ageMs?: number
  }
  failures: number
}

/** What is known of each node, for `/debug/nodes`, so that no metric needs a label for it. */
export type NodeBook = {
  /** Returns the state before and after: `undefined` for a node not seen yet. */
  enter(
    node: string,
    outcome: Outcome,
    failures: Failures | undefined,
  ): { before: NodeState | undefined; after: NodeState }
  forget(node: string): void
  /** Nodes by state. */
  states(): Map<NodeState, number>
  /** How many nodes have not answered for longer than `silentMs`, or never; and the longest time since one did. */
  silence(): { nodes: number; greatestMs: number | undefined }
  /** The `limit` worst nodes: those longest without an answer, then those with the oldest readings. */
  report(limit: number): object
}

/** `silentMs`: after so long without an answer a node counts as silent. */
export function createNodeBook(mono: () => number, silentMs = 30_000): NodeBook {
  const entries = new Map<string, NodeEntry>()

  return {
    enter(node, outcome, failures) {
      const before = entries.get(node)
      const entry = entryOf(outcome, failures, before, mono())
      entries.set(node, entry)
      return { before: before?.state, after: entry.state }
    },
    forget: (node) => void entries.delete(node),
    states() {
      const counts = new Map<NodeState, number>()
      for (const { state } of entries.values()) counts.set(state, (counts.get(state) ?? 0) + 1)
      return counts
    },
    silence() {
      const sinceMs = mono() - silentMs
      let nodes = 0
      let oldestMs: number | undefined
      for (const { answered } of entries.values()) {
        if (!answered || answered.atMs < sinceMs) nodes++
        if (answered) oldestMs = Math.min(answered.atMs, oldestMs ?? answered.atMs)
      }
      return { nodes, greatestMs: oldestMs === undefined ? undefined : mono() - oldestMs }
    },
    report(limit) {
      const nowMs = mono()
      const worst = [...entries].sort(([, a], [, b]) => badness(b, nowMs) - badness(a, nowMs)).slice(0, limit)
      const nodes = worst.map(([node, entry]) => describe(node, entry, nowMs))
      return { total: entries.size, shown: nodes.length, nodes }
    },
  }
}

function entryOf(
  outcome: Outcome,
  failures: Failures | undefined,
  before: NodeEntry | undefined,
  nowMs: number,
): NodeEntry {
  const { result } = outcome
  const common = { result, triedMs: nowMs, failures: failures?.count ?? 0 }
  if (outcome.result === 'failed') {
    const state = isQuarantined(failures) ? 'quarantined' : outcome.reason
    const answered = before?.answered ? { answered: before.answered } : {}
    return { ...common, state, detail: outcome.detail, ...answered }
  }
  const { ageMs, bytes, malformedLines, rejected } = outcome.heard
  const tookMs = 'tookMs' in outcome ? outcome.tookMs : undefined
  const age = ageMs === undefined ? {} : { ageMs }
  return {
    ...common,
    state: 'ok',
    answered: { atMs: nowMs, tookMs, bytes, malformedLines, rejected, ...age },
  }
}

/** Milliseconds since the node last said something, or the age of what it said then. */
function badness({ answered, state }: NodeEntry, nowMs: number): number {
  if (!answered) return Number.MAX_VALUE
  const silentMs = nowMs - answered.atMs
  return state === 'ok' ? silentMs + (answered.ageMs ?? 0) : silentMs + 1e12
}

function describe(node: string, entry: NodeEntry, nowMs: number): object {
  const { state, result, detail, triedMs, answered, failures } = entry
  const since = (atMs: number) => Math.round(nowMs - atMs)
  return {
    node,
    state,
    result,
    detail,
    failures: failures === 0 ? undefined : failures,
    triedAgoMs: since(triedMs),
    answeredAgoMs: answered && since(answered.atMs),
    tookMs: answered?.tookMs,
    pointAgeMs: answered?.ageMs,
    bytes: answered?.bytes,
    malformedLines: answered?.malformedLines,
    rejected: answered?.rejected,
  }
}
