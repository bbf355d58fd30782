import type { Profile } from './probe.ts'

/** Where the CPU of a scrape goes. */
export const stages = ['network', 'decode', 'usage', 'commit', 'garbage collection', 'other'] as const
export type Stage = (typeof stages)[number]

/** A frame of ours, or of a library, says where all time below it goes. */
const PLACES: [Stage | 'idle', RegExp][] = [
  ['decode', /shard\/src\/decode/],
  ['usage', /common\/src\/record\/usage/],
  ['commit', /common\/src\/(store|redis|record)\/|\/ioredis\/|\/@ioredis\/|\/redis-(errors|parser)\//],
  ['network', /shard\/src\/kubelet\/|\/undici\//],
  ['idle', /^node:inspector/],
]
/** Node's own sockets, streams and TLS: network, unless something on their stack says more. */
const SOCKETS = /^node:(_?tls|_?net|_?http|_?stream|internal\/(stream|tls|net|js_stream))/

/** Milliseconds of the profile by stage; what was idle, and the profiler itself, are left out. */
export function timeByStage({ nodes, samples, timeDeltas }: Profile): Map<Stage, number> {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  )
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const found = new Map<number, Stage | 'idle'>()
  const stageOf = (start: number): Stage | 'idle' => {
    const known = found.get(start)
    if (known) return known
    let stage: Stage | 'idle' = 'other'
    for (let id: number | undefined = start; id !== undefined; id = parents.get(id)) {
      const said = placeOf(frames.get(id))
      if (said && said !== 'sockets') return remember(start, said)
      if (said) stage = 'network'
    }
    return remember(start, stage)
  }
  const remember = (id: number, stage: Stage | 'idle') => {
    found.set(id, stage)
    return stage
  }
  const times = new Map<Stage, number>()
  for (const [index, id] of samples.entries()) {
    const stage = stageOf(id)
    if (stage !== 'idle') times.set(stage, (times.get(stage) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  }
  return times
}

function placeOf(
  frame: { functionName: string; url: string } | undefined,
): Stage | 'idle' | 'sockets' | undefined {
  if (!frame) return undefined
  if (frame.functionName === '(idle)') return 'idle'
  if (frame.functionName === '(garbage collector)') return 'garbage collection'
  // Native code with nothing of ours on the stack: polling and reading sockets, TLS.
  if (frame.functionName === '(program)' || SOCKETS.test(frame.url)) return 'sockets'
  return PLACES.find(([, place]) => place.test(frame.url))?.[0]
}

/** The functions with most time of their own, as `ms function file`. */
export function hottest({ nodes, samples, timeDeltas }: Profile, count: number): string[] {
  const byId = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, number>()
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id)
    if (!frame || placeOf(frame) === 'idle') continue
    const name = `${frame.functionName || '(anonymous)'} ${frame.url.split('/').slice(-3).join('/')}`
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000)
  }
  const sorted = [...times].sort(([, a], [, b]) => b - a).slice(0, count)
  return sorted.map(([name, ms]) => `${ms.toFixed(0).padStart(6)} ms  ${name}`)
}
