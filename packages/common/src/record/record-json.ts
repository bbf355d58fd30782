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

const head = Buffer.from(`{"v":${formatVersion},"at":`)
const node = Buffer.from(',"node":')
const podsOf = Buffer.from(',"pods":')
const end = Buffer.from('}')

const usageText = new TextWriter()
const pointsText = new TextWriter()

/** The two texts of a record whose scrape was sent at `atMs` (whole milliseconds, shared clock). */
export function encodeBody({ pods, numbers }: RecordBody, atMs: number): { usage: string; points: string } {
  for (const text of [usageText, pointsText]) {
    text.clear()
    text.raw(head)
    text.number(atMs)
    text.raw(node)
  }
  usageText.open()
  writeSubject(numbers, 0, atMs)
  usageText.close()
  for (const text of [usageText, pointsText]) {
    text.raw(podsOf)
    text.open()
  }
  let at = stride
  for (const { namespace, name, containers } of pods) {
    usageText.open()
    usageText.quoted(namespace)
    usageText.quoted(name)
    usageText.open()
    pointsText.open()
    for (const container of containers) {
      usageText.open()
      usageText.quoted(container)
      writeSubject(numbers, at, atMs)
      usageText.close()
      at += stride
    }
    usageText.close()
    usageText.close()
    pointsText.close()
  }
  for (const text of [usageText, pointsText]) {
    text.close()
    text.raw(end)
  }
  return { usage: usageText.text(), points: pointsText.text() }
}

function writeSubject(numbers: Float64Array, at: number, atMs: number): void {
  writeUsage(numbers, at, atMs)
  const hasBase = writePoint(numbers, at, atMs)
  const startMs = hasBase ? (numbers[at + place.baseStart] as number) : Number.NaN
  const isAbsent = numbers[at + place.absent] === 1
  // As null, where it is not known.
  if (isAbsent || !Number.isNaN(startMs)) usageText.number(startMs - atMs)
  if (isAbsent) usageText.number(1)
}

function writeUsage(numbers: Float64Array, at: number, atMs: number): void {
  const timestampMs = numbers[at + place.usageTimestamp] as number
  if (Number.isNaN(timestampMs)) {
    usageText.number(0)
    return
  }
  usageText.open()
  usageText.number(numbers[at + place.usageCpu] as number)
  usageText.number(numbers[at + place.usageMemory] as number)
  usageText.number(timestampMs - atMs)
  usageText.number(numbers[at + place.usageWindow] as number)
  const usageAt = Math.round(numbers[at + place.usageAt] as number) - atMs
  const swapBytes = numbers[at + place.usageSwap] as number
  const hasSwap = !Number.isNaN(swapBytes)
  if (usageAt !== 0 || hasSwap) usageText.number(usageAt)
  if (hasSwap) usageText.number(swapBytes)
  usageText.close()
}

/** False: there is no base. */
function writePoint(numbers: Float64Array, at: number, atMs: number): boolean {
  const timestampMs = numbers[at + place.baseTimestamp] as number
  if (Number.isNaN(timestampMs)) {
    pointsText.number(0)
    return false
  }
  pointsText.open()
  pointsText.quotedBillions(
    numbers[at + place.baseCpuSeconds] as number,
    numbers[at + place.baseCpuNanos] as number,
  )
  pointsText.number(timestampMs - atMs)
  pointsText.number(Math.round(numbers[at + place.baseAt] as number) - atMs)
  pointsText.close()
  return true
}
