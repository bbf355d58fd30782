import type { Point } from '@metrics-ring/common/record/sample'
import { type Decimal, toInteger, toNanoseconds } from './decode-number.ts'

/** What one subject's series said so far: each value with its own timestamp, which is -1 while there is no value. */
export type Readings = {
  cpuNs: bigint
  cpuAtMs: number
  memoryBytes: number
  memoryAtMs: number
  swapBytes: number
  swapAtMs: number
  startMs: number
  startAtMs: number
}

export type Reading = 'cpu' | 'memory' | 'swap' | 'start'

export function createReadings(): Readings {
  return {
    cpuNs: 0n,
    cpuAtMs: -1,
    memoryBytes: 0,
    memoryAtMs: -1,
    swapBytes: 0,
    swapAtMs: -1,
    startMs: 0,
    startAtMs: -1,
  }
}

/**
 * Takes a value in the unit of its series. Of a series given twice the later timestamp wins, of equal ones the last.
 * False when the value is out of range.
 */
export function take(into: Readings, reading: Reading, value: Decimal, timestampMs: number): boolean {
  if (reading === 'cpu') {
    const cpuNs = toNanoseconds(value)
    if (cpuNs === undefined) return false
    if (timestampMs >= into.cpuAtMs) {
      into.cpuNs = cpuNs
      into.cpuAtMs = timestampMs
    }
    return true
  }
  const whole = toInteger(value, reading === 'start' ? 3 : 0)
  if (whole < 0) return false
  if (reading === 'memory') takeMemory(into, whole, timestampMs)
  else if (reading === 'swap') takeSwap(into, whole, timestampMs)
  else takeStart(into, whole, timestampMs)
  return true
}

function takeMemory(into: Readings, bytes: number, timestampMs: number): void {
  if (timestampMs < into.memoryAtMs) return
  into.memoryBytes = bytes
  into.memoryAtMs = timestampMs
}

function takeSwap(into: Readings, bytes: number, timestampMs: number): void {
  if (timestampMs < into.swapAtMs) return
  into.swapBytes = bytes
  into.swapAtMs = timestampMs
}

function takeStart(into: Readings, startMs: number, timestampMs: number): void {
  if (timestampMs < into.startAtMs) return
  into.startMs = startMs
  into.startAtMs = timestampMs
}

/** The point, stamped as its CPU is; undefined while CPU or memory is missing. */
export function pointOf(readings: Readings): Point | undefined {
  if (readings.cpuAtMs < 0 || readings.memoryAtMs < 0) return undefined
  const point: Point = {
    timestampMs: readings.cpuAtMs,
    cpuNs: readings.cpuNs,
    memoryBytes: readings.memoryBytes,
  }
  if (readings.swapAtMs >= 0) point.swapBytes = readings.swapBytes
  if (readings.startAtMs >= 0) point.startMs = readings.startMs
  return point
}
