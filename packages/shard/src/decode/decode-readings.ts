import { type PackedSample, pointPlace } from '@metrics-ring/common/record/sample-pack'
import { type CoreTime, type Decimal, toCoreTime, toInteger } from './decode-number.ts'

/**
 * What the series of all subjects said so far: `stride` numbers a subject, each value with its own timestamp, which is -1
 * while there is no value.
 */
export type Readings = { numbers: Float64Array; cpu: CoreTime }

export type Reading = 'cpu' | 'memory' | 'swap' | 'start'

const place = {
  cpuAtMs: 0,
  cpuSeconds: 1,
  cpuNanos: 2,
  memoryAtMs: 3,
  memory: 4,
  swapAtMs: 5,
  swap: 6,
  startAtMs: 7,
  start: 8,
} as const
const stride = 9

/** Room for so many subjects; it grows when it is too little. */
export function createReadings(subjects: number): Readings {
  return { numbers: new Float64Array(subjects * stride).fill(-1), cpu: { seconds: 0, nanos: 0 } }
}

/** Makes room for the subject of that number. */
export function makeRoom(readings: Readings, subject: number): void {
  const { numbers } = readings
  if ((subject + 1) * stride <= numbers.length) return
  readings.numbers = new Float64Array(2 * (subject + 1) * stride).fill(-1)
  readings.numbers.set(numbers)
}

/**
 * Takes a value in the unit of its series. Of a series given twice the later timestamp wins, of equal ones the last.
 * False when the value is out of range.
 */
export function take(
  { numbers, cpu }: Readings,
  subject: number,
  reading: Reading,
  value: Decimal,
  timestampMs: number,
): boolean {
  const at = subject * stride
  if (reading === 'cpu') {
    if (!toCoreTime(value, cpu)) return false
    if (timestampMs < (numbers[at + place.cpuAtMs] as number)) return true
    numbers[at + place.cpuAtMs] = timestampMs
    numbers[at + place.cpuSeconds] = cpu.seconds
    numbers[at + place.cpuNanos] = cpu.nanos
    return true
  }
  const whole = toInteger(value, reading === 'start' ? 3 : 0)
  if (whole < 0) return false
  const to = at + placeOf(reading)
  if (timestampMs < (numbers[to] as number)) return true
  numbers[to] = timestampMs
  numbers[to + 1] = whole
  return true
}

/** Where its timestamp stands; the value is next to it. */
function placeOf(reading: Reading): number {
  if (reading === 'memory') return place.memoryAtMs
  return reading === 'swap' ? place.swapAtMs : place.startAtMs
}

/** Puts the point of a subject, stamped as its CPU is, at `at`; there is none while CPU or memory is missing. */
export function putPoint(
  { numbers }: Readings,
  subject: number,
  to: PackedSample['points'],
  at: number,
): void {
  const from = subject * stride
  const isWhole =
    (numbers[from + place.cpuAtMs] as number) >= 0 && (numbers[from + place.memoryAtMs] as number) >= 0
  to[at + pointPlace.timestamp] = isWhole ? (numbers[from + place.cpuAtMs] as number) : Number.NaN
  to[at + pointPlace.cpuSeconds] = numbers[from + place.cpuSeconds] as number
  to[at + pointPlace.cpuNanos] = numbers[from + place.cpuNanos] as number
  to[at + pointPlace.memory] = numbers[from + place.memory] as number
  to[at + pointPlace.swap] = valueAt(numbers, from + place.swapAtMs)
  to[at + pointPlace.start] = valueAt(numbers, from + place.startAtMs)
}

function valueAt(numbers: Float64Array, at: number): number {
  return (numbers[at] as number) >= 0 ? (numbers[at + 1] as number) : Number.NaN
}
