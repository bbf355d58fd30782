import { place, type RecordBody, stride } from './record.ts'
import { TextWriter } from './text-writer.ts'

/**
 * How a record's body is written: two JSON texts, so that a frontend need not read what only shards want.
 * Every time in a text is an offset in milliseconds from the text's own `at` (a later commit without news moves
 * the record's `at`, not the texts). Both texts of one commit say the same `at`.
 *
 *     usage   {"v":1,"at":ms,"node":[USAGE,start?],"pods":[[namespace,name,[[container,USAGE,start?,absent?],…]],…]}
 *     points  {"v":1,"at":ms,"node":POINT,"pods":[[POINT,…],…]}      parallel to the pods and containers of usage
 *
 *     USAGE   [cpuNanocores,memoryBytes,timestamp,windowMs,usageAt?,swapBytes?], or 0 where there is none;
 *             usageAt is left out where it is 0 and no swap follows
 *     start   of the subject, which a frontend wants too; left out, or null before absent, where it is not known
 *     absent  1 when the latest answer lacked the container, else left out
 *     POINT   ["cpuNs",timestamp,pointAt], the base but for its start, or 0 where there is none;
 *             cpuNs is a decimal text: it passes 2^53
 *
 * A release that writes more puts it behind what is there and says {"v":2,"readable":1,…}: a reader passes over what it
 * does not know, so that releases can be rolled forth and back. A format that older readers would misread leaves
 * `readable` out, is written one release after it is first read, and until then costs them the node.
 */
export const formatVersion = 1
/** Longest text that is read, bytes. */
export const maxTextBytes = 8 * 1024 * 1024

const usageText = new TextWriter()
const pointsText = new TextWriter()

/** The two texts of a record whose scrape was sent at `atMs` (whole milliseconds, shared clock). */
export function encodeBody({ pods, numbers }: RecordBody, atMs: number): { usage: string; points: string } {
  usageText.clear()
  pointsText.clear()
  const head = `{"v":${formatVersion},"at":${atMs},"node":`
  usageText.raw(`${head}[`)
  pointsText.raw(head)
  writeSubject(numbers, 0, atMs)
  usageText.raw('],"pods":[')
  pointsText.raw(',"pods":[')
  let at = stride
  let podComma = ''
  for (const { namespace, name, containers } of pods) {
    usageText.raw(podComma)
    usageText.raw('[')
    usageText.quoted(namespace)
    usageText.raw(',')
    usageText.quoted(name)
    usageText.raw(',[')
    pointsText.raw(podComma)
    pointsText.raw('[')
    podComma = ','
    let comma = ''
    for (const container of containers) {
      usageText.raw(comma)
      usageText.raw('[')
      usageText.quoted(container)
      usageText.raw(',')
      pointsText.raw(comma)
      writeSubject(numbers, at, atMs)
      usageText.raw(']')
      at += stride
      comma = ','
    }
    usageText.raw(']]')
    pointsText.raw(']')
  }
  usageText.raw(']}')
  pointsText.raw(']}')
  return { usage: usageText.text(), points: pointsText.text() }
}

function writeSubject(numbers: Float64Array, at: number, atMs: number): void {
  writeUsage(numbers, at, atMs)
  const hasBase = writePoint(numbers, at, atMs)
  const startMs = numbers[at + place.baseStart] as number
  const isAbsent = numbers[at + place.absent] === 1
  if (hasBase && !Number.isNaN(startMs)) {
    usageText.raw(',')
    usageText.number(startMs - atMs)
  } else if (isAbsent) usageText.raw(',null')
  if (isAbsent) usageText.raw(',1')
}

function writeUsage(numbers: Float64Array, at: number, atMs: number): void {
  const timestampMs = numbers[at + place.usageTimestamp] as number
  if (Number.isNaN(timestampMs)) {
    usageText.raw('0')
    return
  }
  usageText.raw('[')
  usageText.number(numbers[at + place.usageCpu] as number)
  usageText.raw(',')
  usageText.number(numbers[at + place.usageMemory] as number)
  usageText.raw(',')
  usageText.number(timestampMs - atMs)
  usageText.raw(',')
  usageText.number(numbers[at + place.usageWindow] as number)
  const usageAt = Math.round(numbers[at + place.usageAt] as number) - atMs
  const swapBytes = numbers[at + place.usageSwap] as number
  const hasSwap = !Number.isNaN(swapBytes)
  if (usageAt !== 0 || hasSwap) {
    usageText.raw(',')
    usageText.number(usageAt)
  }
  if (hasSwap) {
    usageText.raw(',')
    usageText.number(swapBytes)
  }
  usageText.raw(']')
}

/** False: there is no base. */
function writePoint(numbers: Float64Array, at: number, atMs: number): boolean {
  const timestampMs = numbers[at + place.baseTimestamp] as number
  if (Number.isNaN(timestampMs)) {
    pointsText.raw('0')
    return false
  }
  pointsText.raw('["')
  pointsText.billions(
    numbers[at + place.baseCpuSeconds] as number,
    numbers[at + place.baseCpuNanos] as number,
  )
  pointsText.raw('",')
  pointsText.number(timestampMs - atMs)
  pointsText.raw(',')
  pointsText.number(Math.round(numbers[at + place.baseAt] as number) - atMs)
  pointsText.raw(']')
  return true
}
