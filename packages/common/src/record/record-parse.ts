import type {
  Base,
  ContainerRecord,
  NodeRecord,
  PodRecord,
  RecordBody,
  Scrape,
  Subject,
  Usage,
} from './record.ts'
import {
  count,
  decimal,
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
  const [nodeUsage, nodeStart] = list(usage.node, 'node')
  const node = parseSubject<Subject>({}, nodeUsage, nodeStart, points && (points.node ?? null), atMs)
  const pods = list(usage.pods, 'pods')
  const podPoints = points && parallel(points.pods, pods)
  return { node, pods: pods.map((each, p) => parsePod(each, podPoints?.[p], atMs)) }
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

function parsePod(json: unknown, points: unknown, atMs: number): PodRecord {
  const [namespace, podName, containerList] = list(json, 'pod')
  const containers = list(containerList, 'containers')
  const containerPoints = points === undefined ? undefined : parallel(points, containers)
  return {
    namespace: name(namespace),
    name: name(podName),
    containers: containers.map((each, c) => parseContainer(each, containerPoints?.[c], atMs)),
  }
}

function parseContainer(json: unknown, point: unknown, atMs: number): ContainerRecord {
  const [containerName, usage, start, absent] = list(json, 'container')
  const container = parseSubject<ContainerRecord>({ name: name(containerName) }, usage, start, point, atMs)
  if (absent === 1) container.absent = true
  else if (absent !== undefined) throw new Malformed('absent is neither 1 nor left out')
  return container
}

/** `point` undefined: it was not asked for, and the start is noted beside the usage instead. */
function parseSubject<T extends Subject>(
  to: T,
  usage: unknown,
  start: unknown,
  point: unknown,
  atMs: number,
): T {
  if (usage !== 0) to.usage = parseUsage(usage, atMs)
  if (point !== undefined && point !== 0) to.base = parsePoint(point, atMs)
  if (start === undefined || start === null) return to
  const startMs = time(start, atMs, 'start')
  if (to.base) to.base.startMs = startMs
  else if (point === undefined) to.startMs = startMs
  return to
}

function parseUsage(json: unknown, atMs: number): Usage {
  const [cpu, memory, timestamp, window, usageAt = 0, swap] = list(json, 'usage')
  const usage: Usage = {
    timestampMs: time(timestamp, atMs, 'timestamp'),
    windowMs: count(window, 'window'),
    cpuNanocores: count(cpu, 'cpu'),
    memoryBytes: count(memory, 'memory'),
    atMs: time(usageAt, atMs, 'usageAt'),
  }
  if (usage.windowMs === 0) throw new Malformed('window is 0')
  if (swap !== undefined) usage.swapBytes = count(swap, 'swap')
  return usage
}

function parsePoint(json: unknown, atMs: number): Base {
  const [cpuNs, timestamp, pointAt] = list(json, 'point')
  if (typeof cpuNs !== 'string' || !decimal.test(cpuNs)) throw new Malformed('cpuNs is not a decimal text')
  return {
    timestampMs: time(timestamp, atMs, 'timestamp'),
    cpuNs: BigInt(cpuNs),
    atMs: time(pointAt, atMs, 'pointAt'),
  }
}
