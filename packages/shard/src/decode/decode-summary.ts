import { sameNames } from '@metrics-ring/common/record/pod-names'
import type { ContainerSample, PodSample, Point, Sample } from '@metrics-ring/common/record/sample'
import { packSample } from '@metrics-ring/common/record/sample-pack'
import type { Decoded } from './decode.ts'
import { type Layout, noLayout } from './decode-layout.ts'

/** As in `decode.ts`. */
const maxContainers = 20_000
const maxNameBytes = 253
const maxNanoseconds = 2n ** 64n - 1n

type Json = Record<string, unknown>

/**
 * What a kubelet's `/stats/summary` answer says, for kubelets without `/metrics/resource`. Its times are whole
 * seconds. Never throws: an entry that is malformed costs that entry, and counts as one malformed line.
 * @param before the layout of this kubelet's last answer: names that stay are one object.
 */
export function decodeSummary(bytes: Buffer, receivedMs: number, before: Layout = noLayout): Decoded {
  const summary = parse(bytes)
  if (!summary) return decoded({ node: undefined, pods: [] }, 1, before)
  const state = { malformed: 0, containers: 0, receivedMs }
  const node = pointOf(state, object(summary.node), false)
  const pods = new Map<string, PodSample>()
  for (const each of list(summary.pods)) addPod(state, pods, object(each))
  return decoded({ node, pods: [...pods.values()] }, state.malformed, before)
}

function decoded(given: Sample, malformedLines: number, before: Layout): Decoded {
  const { pods, points } = packSample(given)
  const layout = { ...noLayout, pods: sameNames(pods, before.pods) ? before.pods : pods }
  return { sample: { pods: layout.pods, points }, layout, malformedLines, scrapeError: false }
}

type State = { malformed: number; containers: number; receivedMs: number }

/** Counters keep all their digits: beyond 2^53 a number would lose some. */
function parse(bytes: Buffer): Json | undefined {
  try {
    return object(
      JSON.parse(bytes.toString(), (key, value: unknown, context?: { source?: string }) =>
        key === 'usageCoreNanoSeconds' ? (context?.source ?? value) : value,
      ),
    )
  } catch {
    return undefined
  }
}

/** Two pods of one name are one, as in the other format. */
function addPod(state: State, pods: Map<string, PodSample>, pod: Json | undefined): void {
  const reference = object(pod?.podRef)
  const [namespace, name] = [nameOf(reference?.namespace), nameOf(reference?.name)]
  if (!namespace || !name) {
    state.malformed++
    return
  }
  const known = pods.get(`${namespace}/${name}`)
  const sample: PodSample = known ?? { namespace, name, containers: [] }
  for (const each of list(pod?.containers)) addContainer(state, sample.containers, object(each))
  if (!known && sample.containers.length > 0) pods.set(`${namespace}/${name}`, sample)
}

function addContainer(state: State, containers: ContainerSample[], container: Json | undefined): void {
  const name = nameOf(container?.name)
  if (!name || ++state.containers > maxContainers) {
    state.malformed++
    return
  }
  const point = pointOf(state, container, true)
  const known = containers.find((each) => each.name === name)
  if (!known) containers.push({ name, point })
  else if (point && (!known.point || point.timestampMs >= known.point.timestampMs)) known.point = point
}

/** Undefined while CPU or memory is missing. Nodes are said to start when their kubelet does: that is no start. */
function pointOf(state: State, stats: Json | undefined, withStart: boolean): Point | undefined {
  const cpu = object(stats?.cpu)
  const cpuNs = counter(cpu?.usageCoreNanoSeconds)
  const memoryBytes = whole(object(stats?.memory)?.workingSetBytes)
  const timestampMs = cpu?.time === undefined ? state.receivedMs : time(cpu.time)
  if (cpuNs === undefined || memoryBytes === undefined || timestampMs === undefined) return undefined
  const swapBytes = whole(object(stats?.swap)?.swapUsageBytes)
  const startMs = withStart ? time(stats?.startTime) : undefined
  return {
    timestampMs,
    cpuNs,
    memoryBytes,
    ...(swapBytes !== undefined && { swapBytes }),
    ...(startMs !== undefined && { startMs }),
  }
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null ? (value as Json) : undefined
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxNameBytes
    ? value
    : undefined
}

function counter(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return undefined
  const count = BigInt(value)
  return count <= maxNanoseconds ? count : undefined
}

function whole(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

/** RFC 3339; undefined before the epoch, which is how Go writes a time that is not known. */
function time(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value)) return undefined
  const timeMs = Date.parse(value)
  return timeMs >= 0 ? timeMs : undefined
}
