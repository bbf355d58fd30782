import { cpus } from 'node:os'

/** One measured number. `target` and `pass` are null where there is nothing to reach. */
export type Row = {
  name: string
  /** `invalid`: the machine was too busy; `not measured`: there was nothing to measure. Neither ever passes. */
  value: number | 'invalid' | 'not measured'
  unit: string
  target: string | null
  pass: boolean | null
  /** The same of metrics-server in the same run, in the same unit, where the target is a ratio to it. */
  peer?: number | 'not measured'
  /** `value` to `peer`. */
  ratio?: number
}

/** What is to be reached. */
export type Target = { is: '<=' | '<' | '>=' | '='; value: number }

export const exactly = (value: number): Target => ({ is: '=', value })
export const atMost = (value: number): Target => ({ is: '<=', value })

/** Below this share of idle CPU a latency says more of the machine than of us. */
export const leastIdle = 0.2

export function row(name: string, value: number | undefined, unit: string, target?: Target): Row {
  const text = target ? `${target.is} ${target.value}` : null
  if (value === undefined || !Number.isFinite(value))
    return { name, value: 'not measured', unit, target: text, pass: target ? false : null }
  return { name, value: rounded(value), unit, target: text, pass: target ? reaches(value, target) : null }
}

/** A row whose target is a multiple of what metrics-server takes. */
export function ratioRow(
  name: string,
  { ours, theirs }: { ours: number | undefined; theirs: number | undefined },
  unit: string,
  target: Target,
): Row {
  const text = `${target.is} ${target.value} x`
  const plain = { ...withPeer(row(name, ours, unit), theirs), target: text }
  if (typeof plain.value !== 'number' || ours === undefined || theirs === undefined || !(theirs > 0))
    return { ...plain, pass: false }
  const ratio = ours / theirs
  return { ...plain, pass: reaches(ratio, target), ratio: rounded(ratio) }
}

/** With what metrics-server takes, to which there is no target. */
export function withPeer(measured: Row, theirs: number | undefined): Row {
  return { ...measured, peer: theirs === undefined ? 'not measured' : rounded(theirs) }
}

/** A row that only stands where the machine had CPU to spare. */
export function latencyRow(
  name: string,
  value: number | undefined,
  unit: string,
  idle: number,
  target?: Target,
): Row {
  return unlessBusy(row(name, value, unit, target), idle)
}

/** Without its value where the machine had too little CPU to spare. */
export function unlessBusy(measured: Row, idle: number): Row {
  if (idle >= leastIdle || measured.value === 'not measured') return measured
  return { ...measured, value: 'invalid', pass: measured.target === null ? null : false }
}

function reaches(value: number, target: Target): boolean {
  if (target.is === '=') return value === target.value
  if (target.is === '<') return value < target.value
  return target.is === '<=' ? value <= target.value : value >= target.value
}

/** Four significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

export function table(rows: readonly Row[]): string {
  const compared = rows.some(({ peer }) => peer !== undefined)
  const cells = rows.map((each) => [
    each.name,
    String(each.value),
    each.unit,
    ...outcomeCells(each, compared),
  ])
  const head = ['', 'value', 'unit', ...(compared ? ['metrics-server', 'ratio'] : []), 'target', '']
  const all = [head, ...cells]
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const isNumber = (column: number) => column === 1 || (compared && (column === 3 || column === 4))
  const pad = (cell: string, column: number) =>
    isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return all.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}

function outcomeCells({ target, pass, peer, ratio }: Row, compared: boolean): string[] {
  const verdict = pass === null ? '' : pass ? 'pass' : 'FAIL'
  return [...(compared ? [String(peer ?? ''), String(ratio ?? '')] : []), target ?? '', verdict]
}

/** What the numbers were measured on. */
export function machine(): string {
  const all = cpus()
  return `${all.length} x ${all[0]?.model ?? 'unknown CPU'}, Node.js ${process.version}`
}

/** Starts watching the whole machine; the returned function tells the share of CPU time that was idle since. */
export function watchIdle(): () => number {
  const total = () => {
    const sum = { idle: 0, all: 0 }
    for (const { times } of cpus()) {
      sum.idle += times.idle
      sum.all += times.idle + times.user + times.sys + times.nice + times.irq
    }
    return sum
  }
  const before = total()
  return () => {
    const now = total()
    return (now.idle - before.idle) / Math.max(1, now.all - before.all)
  }
}

export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

/** Of an even number, the mean of the two in the middle. What was not measured does not count. */
export function median(values: readonly (number | undefined)[] = []): number | undefined {
  const sorted = values.filter((value) => value !== undefined).toSorted((a, b) => a - b)
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return below === undefined || above === undefined ? undefined : (below + above) / 2
}
