import type { Point, Sample } from '../../src/record/sample.ts'

/**
 * The usage rules once more, written from docs/decisions/0003-usage-rules.md and not from the code: no record is
 * carried from answer to answer; what a node's subjects come to is told from the whole history each time.
 */

/** One answer of a kubelet. */
export type Answered = { atMs: number; sample: Sample }
export type Context = { intervalMs: number; capacity?: { cpuNanocores: number; memoryBytes: number } }

/** What must be served of a subject: CPU consumed over a window, not yet divided. */
export type ExpectedUsage = {
  consumedNs: bigint
  windowMs: number
  timestampMs: number
  memoryBytes: number
  swapBytes: number | undefined
  atMs: number
}
export type Expected = {
  base: (Point & { atMs: number }) | undefined
  usage: ExpectedUsage | undefined
  absent: boolean
}

export const nodeKey = 'the node'
export const containerKey = (namespace: string, pod: string, name: string) => `${namespace}/${pod}/${name}`

/** What each subject comes to after the last of these answers. */
export function expected(history: Answered[], context: Context): Map<string, Expected> {
  const tables = history.map(({ sample }) => tabulate(sample))
  const last = tables.length - 1
  const all = new Map<string, Expected>()
  for (const key of new Set(tables.flatMap((table) => [...table.keys()]))) {
    const isNode = key === nodeKey
    // One missing answer is forgiven, two in a row are the end.
    const named = (index: number) => isNode || tables[index]?.has(key) === true
    if (!named(last) && !named(last - 1)) continue
    let first = last
    while (first > 0 && (named(first - 1) || named(first - 2))) first--
    const points = history
      .map(({ atMs }, index) => ({ atMs, point: index < first ? undefined : tables[index]?.get(key) }))
      .filter((each): each is Seen => each.point !== undefined)
    all.set(key, { ...lifeOf(points, context), absent: !named(last) })
  }
  return all
}

function tabulate({ node, pods }: Sample): Map<string, Point | undefined> {
  const rows = pods.flatMap((pod) =>
    pod.containers.map(({ name, point }) => [containerKey(pod.namespace, pod.name, name), point] as const),
  )
  return new Map([[nodeKey, node], ...rows])
}

type Seen = { atMs: number; point: Point }
type Verdict = { takes: boolean; usage?: { consumedNs: bigint; windowMs: number } }

function lifeOf(points: Seen[], context: Context): Omit<Expected, 'absent'> {
  let base: Seen | undefined
  let usage: ExpectedUsage | undefined
  for (const next of points) {
    const verdict = judge(base, next, context)
    if (!verdict.takes) continue
    base = next
    const { timestampMs, memoryBytes, swapBytes } = next.point
    const computed = verdict.usage
    if (computed && nodeCanHave(computed, memoryBytes, context))
      usage = { ...computed, timestampMs, memoryBytes, swapBytes, atMs: next.atMs }
  }
  return { base: base && { ...base.point, atMs: base.atMs }, usage }
}

function judge(base: Seen | undefined, { atMs, point }: Seen, { intervalMs: W }: Context): Verdict {
  const startKnown = point.startMs !== undefined
  const restarted =
    base?.point.startMs !== undefined && startKnown && Number(point.startMs) > base.point.startMs
  if (!base || restarted) {
    const age = startKnown ? point.timestampMs - Number(point.startMs) : Number.NaN
    const young = age >= Math.min(10_000, (W * 2) / 3) && age <= W * 2
    return young ? { takes: true, usage: { consumedNs: point.cpuNs, windowMs: age } } : { takes: true }
  }
  const d = point.timestampMs - base.point.timestampMs
  const m = atMs - base.atMs
  if (0 <= d && 3 * d < W) return { takes: false }
  const consumedNs = point.cpuNs - base.point.cpuNs
  const regular = 3 * d >= W && d <= W * 4 && d - m <= 30_000 && m - d <= 30_000 && consumedNs >= 0n
  return regular ? { takes: true, usage: { consumedNs, windowMs: d } } : { takes: true }
}

/** CPU over time and memory are at most 1.1 times what the node has, and exact as a number. */
function nodeCanHave(
  { consumedNs, windowMs }: { consumedNs: bigint; windowMs: number },
  memoryBytes: number,
  { capacity }: Context,
): boolean {
  const picoPerMs = consumedNs * 1000n
  if (picoPerMs >= (BigInt(Number.MAX_SAFE_INTEGER) + 1n) * BigInt(windowMs)) return false
  if (!capacity) return true
  const most = BigInt(capacity.cpuNanocores) * 11n
  return (picoPerMs / BigInt(windowMs)) * 10n <= most && memoryBytes * 10 <= capacity.memoryBytes * 11
}
