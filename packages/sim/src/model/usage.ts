import { type Curve, integral, steady, valueAt } from './curve.ts'
import { HISTORY_MS, type Ledger, type NodeState, type Run } from './types.ts'

const PAGE_BYTES = 4096

/** What any process uses to start, within its first second, nanocores: no real container has used nothing. */
const STARTING = steady(50_000_000)
const STARTING_MS = 1000

/** CPU of one run within [fromMs, toMs], in nanocore-seconds. */
export function runCpu(run: Run, fromMs: number, toMs: number): number {
  const from = Math.max(fromMs, run.startMs)
  const to = Math.min(toMs, run.endMs)
  return integral(run.cpu, from, to) + integral(STARTING, from, Math.min(to, run.startMs + STARTING_MS))
}

/** Working set in bytes, in whole pages; 0 before its start and after its end. */
export function runMemory(run: Run, atMs: number): number {
  return alive(run, atMs) ? pages(run.memory, atMs) : 0
}

/** Bytes in whole pages. */
export function runSwap(run: Run, atMs: number): number {
  return run.swap && alive(run, atMs) ? pages(run.swap, atMs) : 0
}

function alive(run: Run, atMs: number): boolean {
  return run.startMs <= atMs && atMs < run.endMs
}

function pages(curve: Curve, atMs: number): number {
  return Math.round(valueAt(curve, atMs) / PAGE_BYTES) * PAGE_BYTES
}

function sum(runs: readonly Run[], of: (run: Run) => number): number {
  let total = 0
  for (const run of runs) total += of(run)
  return total
}

/** The cumulative counter of a cgroup at an instant, in nanocore-seconds. Exact for the last HISTORY_MS. */
export function counterAt(ledger: Ledger, atMs: number): number {
  return ledger.folded + sum(ledger.runs, (run) => runCpu(run, Number.NEGATIVE_INFINITY, atMs))
}

export function nodeCounterAt(node: NodeState, atMs: number): number {
  return integral(node.overhead.cpu, node.bootMs, atMs) + counterAt(node, atMs)
}

/** CPU within [fromMs, toMs] in nanocore-seconds. Exact for the last HISTORY_MS. */
export function cpuOf(runs: readonly Run[], fromMs: number, toMs: number): number {
  return sum(runs, (run) => runCpu(run, fromMs, toMs))
}

export function nodeCpu(node: NodeState, fromMs: number, toMs: number): number {
  return integral(node.overhead.cpu, Math.max(fromMs, node.bootMs), toMs) + cpuOf(node.runs, fromMs, toMs)
}

/** Bytes. */
export function memoryOf(runs: readonly Run[], atMs: number): number {
  return sum(runs, (run) => runMemory(run, atMs))
}

export function nodeMemory(node: NodeState, atMs: number): number {
  return pages(node.overhead.memory, atMs) + memoryOf(node.runs, atMs)
}

/** Bytes. */
export function swapOf(runs: readonly Run[], atMs: number): number {
  return sum(runs, (run) => runSwap(run, atMs))
}

/** Moves runs that ended long ago into the ledger's sum, so that churn does not grow it for ever. */
export function fold(ledger: Ledger, nowMs: number): void {
  const past = ledger.runs.filter((run) => run.endMs < nowMs - HISTORY_MS)
  if (past.length === 0) return
  ledger.folded += cpuOf(past, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  ledger.runs = ledger.runs.filter((run) => run.endMs >= nowMs - HISTORY_MS)
}
