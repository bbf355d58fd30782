import type { SampleStore } from '@metrics-ring/common/store/store'
import type { Fetched } from '@metrics-ring/shard/scrape'
import { createNodeReader, type NodeReader, type Sampling } from '@metrics-ring/sim/kubelet/series'
import type { Model } from '@metrics-ring/sim/model/model'

/** The interval, milliseconds. */
export const W = 15_000

/** As the kubelets would answer, were there any sockets; each may be told to fail, or to have another clock. */
export function createTextKubelets(model: Model, sampling: Sampling, now: () => number) {
  const readers = new Map<string, NodeReader>()
  const failing = new Set<string>()
  const impostors = new Map<string, string>()
  const skews: { node: string; fromMs: number; skewMs: number }[] = []
  const scrapes: { node: string; atMs: number; answered: boolean }[] = []
  const skewAt = (node: string, atMs: number) =>
    skews.findLast((each) => each.node === node && each.fromMs <= atMs)?.skewMs ?? 0
  return {
    failing,
    /** By node: the other whose answer it gives for its own. */
    impostors,
    scrapes,
    step: (node: string, skewMs: number) => void skews.push({ node, fromMs: now(), skewMs }),
    /** How far the node's clock was ahead at a moment of the true one. */
    skewAt,
    answer(node: string): Fetched {
      const answered = !failing.has(node)
      scrapes.push({ node, atMs: now(), answered })
      if (!answered) return { ok: false, reason: 'timeout', detail: 'dropped' }
      const said = impostors.get(node) ?? node
      const clock = { startedMs: model.startedMs, factor: W / 15_000 }
      const reader = readers.get(said) ?? createNodeReader(model.node(said), sampling, clock)
      readers.set(said, reader)
      return { ok: true, body: Buffer.from(reader.text(now(), skewAt(node, now()))) }
    },
  }
}

/** A store that can be exchanged for an empty one under its users. */
export function createReplaceableStore(create: () => SampleStore): SampleStore & { empty(): void } {
  let current = create()
  const methods = Object.keys(current) as (keyof SampleStore)[]
  const passOn = methods.map((name) => [
    name,
    (...given: unknown[]) => (current[name] as (...args: unknown[]) => unknown)(...given),
  ])
  return {
    ...(Object.fromEntries(passOn) as SampleStore),
    empty() {
      current = create()
    },
  }
}
