import { nanosOf, secondsOf } from './core-time.ts'
import { containerCount, type PodNames } from './pod-names.ts'
import { type NodeRecord, place, type RecordBody, type Scrape, stride } from './record.ts'
import {
  count,
  decimal,
  duration,
  list,
  Malformed,
  name,
  parallel,
  type StoredText,
  text,
  time,
  whole,
} from './record-checks.ts'
import { formatVersion } from './record-json.ts'

/** A record as the store holds it. */
export type StoredRecord = Record<'at' | 'by' | 'took' | 'uid' | 'created' | 'ver' | 'usage', StoredText> & {
  /** Left out where only usage is wanted. */
  points?: StoredText
}

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string }

/**
 * The record in these texts, which come from outside: anything but a well-formed one is a reason, never a throw.
 * Without `points` the subjects have no bases.
 */
export function parseRecord(node: string, stored: StoredRecord): Parsed<NodeRecord> {
  try {
    const version = whole(stored.ver, 'ver')
    if (version === 0) throw new Malformed('ver is 0')
    return { ok: true, value: { ...parseScrape(node, stored), body: parseBody(stored), version } }
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message }
    throw error
  }
}

function parseScrape(node: string, stored: StoredRecord): Scrape {
  return {
    node,
    uid: text(stored.uid, 'uid'),
    createdMs: whole(stored.created, 'created'),
    atMs: whole(stored.at, 'at'),
    by: text(stored.by, 'by'),
    tookMs: whole(stored.took, 'took'),
  }
}

/** Walks both texts together; `points` is undefined where they are not wanted. */
function parseBody(stored: StoredRecord): RecordBody {
  const usage = parseText(stored.usage, 'usage')
  const points = stored.points === undefined ? undefined : parseText(stored.points, 'points')
  const atMs = count(usage.at, 'at')
  if (points && points.at !== atMs) throw new Malformed('points and usage are not of one scrape')
  const listed = list(usage.pods, 'pods')
  const listedPoints = points && parallel(points.pods, listed)
  const pods = listed.map(parseNames)
  const numbers = new Float64Array((1 + containerCount(pods)) * stride)
  const node = list(usage.node, 'node')
  parseSubject(numbers, 0, node[0], node[1], points && (points.node ?? null), atMs)
  let at = stride
  for (let p = 0; p < listed.length; p++) {
    const containers = (listed[p] as unknown[])[2] as unknown[]
    const containerPoints = listedPoints && parallel(listedPoints[p], containers)
    for (let c = 0; c < containers.length; c++) {
      const container = containers[c] as unknown[]
      parseSubject(numbers, at, container[1], container[2], containerPoints?.[c], atMs)
      if (container[3] === 1) numbers[at + place.absent] = 1
      else if (container[3] !== undefined) throw new Malformed('absent is neither 1 nor left out')
      at += stride
    }
  }
  return { pods, numbers }
}

type TextJson = { v?: unknown; readable?: unknown; at?: unknown; node?: unknown; pods?: unknown }

function parseText(stored: StoredText, what: string): TextJson {
  const value = parseJson(text(stored, what), what)
  if (typeof value !== 'object' || value === null) throw new Malformed(`${what} is not an object`)
  if (!isReadable(value)) throw new Malformed(`${what} is of another format version`)
  return value
}

/** Of our format, or of a later one whose writer says that we can read it. */
function isReadable({ v, readable }: TextJson): boolean {
  if (v === formatVersion) return true
  return (
    typeof v === 'number' && v > formatVersion && typeof readable === 'number' && readable <= formatVersion
  )
}

function parseJson(json: string, what: string): TextJson | string | number | boolean | null {
  try {
    return JSON.parse(json)
  } catch {
    throw new Malformed(`${what} is not JSON`)
  }
}

function parseNames(json: unknown): PodNames {
  const pod = list(json, 'pod')
  const containers = list(pod[2], 'containers').map(containerName)
  return { namespace: name(pod[0]), name: name(pod[1]), containers }
}

const containerName = (json: unknown): string => name(list(json, 'container')[0])

/** `point` undefined: it was not asked for, and the start is noted beside the usage instead. */
function parseSubject(
  to: Float64Array,
  at: number,
  usage: unknown,
  start: unknown,
  point: unknown,
  atMs: number,
): void {
  if (usage === 0) to[at + place.usageTimestamp] = Number.NaN
  else parseUsage(to, at, list(usage, 'usage'), atMs)
  const startMs = start === undefined || start === null ? Number.NaN : time(start, atMs, 'start')
  to[at + place.start] = point === undefined ? startMs : Number.NaN
  if (point === undefined || point === 0) to[at + place.baseTimestamp] = Number.NaN
  else {
    parsePoint(to, at, list(point, 'point'), atMs)
    to[at + place.baseStart] = startMs
  }
}

function parseUsage(to: Float64Array, at: number, json: unknown[], atMs: number): void {
  to[at + place.usageTimestamp] = time(json[2], atMs, 'timestamp')
  to[at + place.usageWindow] = duration(json[3], 'window')
  to[at + place.usageCpu] = count(json[0], 'cpu')
  to[at + place.usageMemory] = count(json[1], 'memory')
  to[at + place.usageAt] = json[4] === undefined ? atMs : time(json[4], atMs, 'usageAt')
  to[at + place.usageSwap] = json[5] === undefined ? Number.NaN : count(json[5], 'swap')
}

function parsePoint(to: Float64Array, at: number, json: unknown[], atMs: number): void {
  const cpuNs = json[0]
  if (typeof cpuNs !== 'string' || !decimal.test(cpuNs)) throw new Malformed('cpuNs is not a decimal text')
  const exact = BigInt(cpuNs)
  to[at + place.baseTimestamp] = time(json[1], atMs, 'timestamp')
  to[at + place.baseCpuSeconds] = secondsOf(exact)
  to[at + place.baseCpuNanos] = nanosOf(exact)
  to[at + place.baseAt] = time(json[2], atMs, 'pointAt')
}
