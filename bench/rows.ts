import { cpus } from 'node:os'

/** One measured number. `target` and `pass` are null where there is nothing to reach. */
export type Row = {
  name: string
  /** `invalid`: the machine was too busy; `not measured`: there was nothing to measure. Neither ever passes. */
  value: number | 'invalid' | 'not measured'
  unit: string
  target: string | null
  pass: boolean | null
}

/** `at most`, `at least` or `exactly` so much. */
export type Target = { is: '<=' | '<' | '>=' | '='; value: number }

/** Below this share of idle CPU a latency says more of the machine than of us. */
export const leastIdle = 0.2

export function row(name: string, value: number | undefined, unit: string, target?: Target): Row {
  const text = target ? `${target.is} ${target.value}` : null
  if (value === undefined || !Number.isFinite(value))
    return { name, value: 'not measured', unit, target: text, pass: target ? false : null }
  return { name, value: rounded(value), unit, target: text, pass: target ? reaches(value, target) : null }
}

/** A row that only stands where the machine had CPU to spare. */
export function latencyRow(
  name: string,
  value: number | undefined,
  unit: string,
  idle: number,
  target?: Target,
): Row {
  const measured = row(name, value, unit, target)
  if (idle >= leastIdle || measured.value === 'not measured') return measured
  return { ...measured, value: 'invalid', pass: target ? false : null }
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
  const cells = rows.map(({ name, value, unit, target, pass }) => [
    name,
    String(value),
    unit,
    target ?? '',
    pass === null ? '' : pass ? 'pass' : 'FAIL',
  ])
  const all = [['', 'value', 'unit', 'target', ''], ...cells]
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)))
  const pad = (cell: string, column: number) =>
    column === 1 ? cell.padStart(widths[1] ?? 0) : cell.padEnd(widths[column] ?? 0)
  return all.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
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
