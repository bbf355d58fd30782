import { lastDateMs } from '@metrics-ring/common/record/record'
import { type PackedSample, pointStride } from '@metrics-ring/common/record/sample-pack'
import {
  endOfName,
  HASH,
  is,
  isLineEnd,
  nextLine,
  OPEN,
  SPACE,
  skipBlanks,
  startsWith,
  TAB,
} from './decode-bytes.ts'
import { type Containers, createContainers } from './decode-containers.ts'
import { createLabels, type Labels, readLabels } from './decode-labels.ts'
import { type Layout, noLayout } from './decode-layout.ts'
import { type Decimal, readDecimal } from './decode-number.ts'
import { createReadings, makeRoom, putPoint, type Reading, type Readings, take } from './decode-readings.ts'

export type Decoded = {
  sample: PackedSample
  /** What to give with the next answer of this kubelet. */
  layout: Layout
  /** Lines that were not understood, each left out alone. */
  malformedLines: number
  /** The kubelet said that it could not measure everything. */
  scrapeError: boolean
}

type Series = { name: Uint8Array; of: 'node' | 'container' | 'kubelet'; reading: Reading }

/** What we read of `/metrics/resource`; the units are those of the names. `scrape_error` is what kubelets before 1.29 say. */
const SERIES: Series[] = [
  series('container_cpu_usage_seconds_total', 'container', 'cpu'),
  series('container_memory_working_set_bytes', 'container', 'memory'),
  series('container_start_time_seconds', 'container', 'start'),
  series('container_swap_usage_bytes', 'container', 'swap'),
  series('node_cpu_usage_seconds_total', 'node', 'cpu'),
  series('node_memory_working_set_bytes', 'node', 'memory'),
  series('node_swap_usage_bytes', 'node', 'swap'),
  series('resource_scrape_error', 'kubelet', 'cpu'),
  series('scrape_error', 'kubelet', 'cpu'),
]

/** What is carried from line to line; numbers are read into one place, so that a line allocates nothing. */
type State = {
  body: Buffer
  containers: Containers
  /** Of the node, then of the containers by their numbers. */
  readings: Readings
  labels: Labels
  value: Decimal
  timestampMs: number
  receivedMs: number
  series: Series | undefined
  scrapeError: boolean
}

/**
 * What a kubelet's `/metrics/resource` answer says, in one pass over its bytes. A value without a timestamp gets
 * `receivedMs`. Never throws: a line that is malformed, out of range or negative costs that line only, except that
 * the container it named stays named (without a point), so that its pod is not taken for complete.
 *
 * @param before the layout of this kubelet's last answer: the result is the same without, only slower.
 */
export function decode(bytes: Uint8Array, receivedMs: number, before: Layout = noLayout): Decoded {
  const body = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const state: State = {
    body,
    containers: createContainers(body, before),
    readings: createReadings(1 + before.ends.length),
    labels: createLabels(),
    value: { head: 0, tail: 0, tailDigits: 0, exponent: 0 },
    timestampMs: 0,
    receivedMs,
    series: undefined,
    scrapeError: false,
  }
  let malformedLines = 0
  for (let at = 0; at < body.length; ) {
    const end = readLine(state, at)
    if (end < 0) malformedLines++
    at = nextLine(body, end < 0 ? at : end)
  }
  const { layout, order } = state.containers.named()
  const points = new Float64Array((1 + order.length) * pointStride)
  putPoint(state.readings, 0, points, 0)
  for (let index = 0; index < order.length; index++) {
    const place = layout.places[index] as number
    putPoint(state.readings, 1 + (order[index] as number), points, (1 + place) * pointStride)
  }
  return { sample: { pods: layout.pods, points }, layout, malformedLines, scrapeError: state.scrapeError }
}

function series(name: string, of: Series['of'], reading: Reading): Series {
  return { name: Buffer.from(name), of, reading }
}

/** Returns where reading stopped, somewhere in the line, or -1 when the line is malformed. */
function readLine(state: State, start: number): number {
  const { body } = state
  const nameStart = skipBlanks(body, start)
  // Mostly the series of the line before: its blocks and blanks come after the name.
  const { series } = state
  if (series && startsWith(body, nameStart, series.name)) {
    const end = nameStart + series.name.length
    if (body[end] === OPEN) return readSeries(state, series, end)
  }
  if (body[nameStart] === HASH || isLineEnd(body, nameStart)) return nameStart
  const nameEnd = endOfName(body, nameStart)
  const after = body[nameEnd]
  if (nameEnd === nameStart || (after !== OPEN && after !== SPACE && after !== TAB)) return -1
  const found = seriesNamed(state, nameStart, nameEnd)
  return found ? readSeries(state, found, skipBlanks(body, nameEnd)) : nameEnd
}

function seriesNamed(state: State, start: number, end: number): Series | undefined {
  const found = SERIES.find((each) => is(state.body, start, end, each.name))
  if (found && found !== state.series) {
    state.series = found
    state.containers.rewind()
  }
  return found
}

function readSeries(state: State, found: Series, start: number): number {
  const { body } = state
  const labelled = body[start] === OPEN
  let at = start
  if (found.of === 'container') at = labelled ? state.containers.read(start) : -1
  else if (labelled) at = readLabels(body, start, state.labels)
  if (at < 0) return -1
  const subject = found.of === 'container' ? 1 + state.containers.found : 0
  makeRoom(state.readings, subject)
  at = readDecimal(body, skipBlanks(body, at), state.value)
  if (at < 0) return -1
  at = readTimestamp(state, at)
  if (at < 0) return -1
  if (found.of === 'kubelet') {
    state.scrapeError ||= state.value.head > 0
    return at
  }
  return take(state.readings, subject, found.reading, state.value, state.timestampMs) ? at : -1
}

/** Reads what follows a value to the end of the line. */
function readTimestamp(state: State, start: number): number {
  const { body } = state
  const first = skipBlanks(body, start)
  state.timestampMs = state.receivedMs
  if (isLineEnd(body, first)) return first
  let timestampMs = 0
  let at = first
  for (; at < body.length; at++) {
    const digit = (body[at] as number) - 0x30
    if (digit < 0 || digit > 9 || timestampMs > lastDateMs) break
    timestampMs = timestampMs * 10 + digit
  }
  if (at === first || first === start || timestampMs > lastDateMs) return -1
  state.timestampMs = timestampMs
  const end = skipBlanks(body, at)
  return isLineEnd(body, end) ? end : -1
}
