import type { NodeRecord } from '@metrics-ring/common/record/record'
import { type ContainerObjects, pack, type Usage } from '@metrics-ring/common/testing/record-objects'
import type { Labels, NodeItem, PodItem } from '../src/view/item.ts'
import type { NodeObject, PodObject } from '../src/view/objects.ts'
import { isServed } from '../src/view/shelf.ts'
import { bytesOf, type Kept, type Part } from '../src/view/slabs.ts'
import { createView, type View } from '../src/view/view.ts'
import type { NodeEntry } from '../src/view/view-nodes.ts'
import type { PodEntry } from '../src/view/view-pods.ts'

/** A moment well after the epoch; tests count seconds from here. */
export const epochMs = 1_700_000_000_000
export const at = (seconds: number) => epochMs + seconds * 1000

export function usage(part: Partial<Usage> & { atMs: number }): Usage {
  return { timestampMs: part.atMs, windowMs: 15_000, cpuNanocores: 1_000_000, memoryBytes: 1024, ...part }
}

export type ContainerPart = { name?: string; startMs?: number; usage?: Partial<Usage> | null }

/** A container as a follower sees it, scraped at `atMs`; `usage: null`: it has none yet. */
export function container(atMs: number, part: ContainerPart = {}): ContainerObjects {
  return {
    name: part.name ?? 'main',
    ...(part.startMs === undefined ? {} : { startMs: part.startMs }),
    ...(part.usage === null ? {} : { usage: usage({ atMs, ...part.usage }) }),
  }
}

let versions = 0

/** A record of a scrape sent at `atMs`; pods as `namespace/name` → containers. */
export function record(
  node: string,
  atMs: number,
  pods: Record<string, ContainerPart[]> = {},
  part: { uid?: string; usage?: Partial<Usage> } = {},
): NodeRecord {
  const scrape = { node, uid: part.uid ?? `uid-${node}`, createdMs: 0, atMs, by: 'shard', tookMs: 5 }
  const body = pack({
    node: { usage: usage({ atMs, ...part.usage }) },
    pods: Object.entries(pods).map(([path, parts]) => {
      const [namespace = '', name = ''] = path.split('/')
      return { namespace, name, containers: parts.map((each) => container(atMs, each)) }
    }),
  })
  return { ...scrape, body, version: ++versions }
}

export function nodeObject(name: string, labels: Labels = {}, uid = `uid-${name}`): NodeObject {
  return { name, uid, labels }
}

export function podObject(path: string, labels: Labels = {}, createdMs = 0): PodObject {
  const [namespace = '', name = ''] = path.split('/')
  return { namespace, name, labels, createdMs }
}

/** A view over renderers that write the item itself, and what it serves as items again. */
export function createTestView(maxAgeMs = 60_000) {
  const renders = { json: 0, protobuf: 0 }
  const render = (item: NodeItem | PodItem, part: Part) => {
    renders[part]++
    // In a shape that tells one representation from the other.
    return Buffer.from(JSON.stringify(part === 'json' ? item : [item]))
  }
  const view = createView({ maxAgeMs, renderNode: render, renderPod: render })
  return { view, renders, ...readers(view) }
}

function readers(view: View) {
  const read = <T>(entries: (NodeEntry | PodEntry)[], nowMs: number) =>
    entries
      .filter((e) => isServed(e as NodeEntry, nowMs))
      .map((e) => JSON.parse(String(bytesOf(view.kept(e, 'json') as Kept))) as T)
  return {
    podsAt: (nowMs: number, namespace?: string) =>
      read<PodItem>(view.selectPods(namespace, {}).flat(), nowMs),
    nodesAt: (nowMs: number) => read<NodeItem>(view.selectNodes({}).flat(), nowMs),
    namesAt: (nowMs: number) =>
      read<PodItem>(view.selectPods(undefined, {}).flat(), nowMs).map((p) => `${p.namespace}/${p.name}`),
    put: (each: NodeRecord, nowMs?: number) => view.apply({ kind: 'record', record: each }, nowMs),
  }
}
