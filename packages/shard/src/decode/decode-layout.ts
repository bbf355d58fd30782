import type { PodNames } from '@metrics-ring/common/record/pod-names'
import type { Names } from './decode-labels.ts'

/**
 * The containers of an answer, and the label blocks that named them: what the next answer of the same kubelet mostly
 * repeats. Kept from scrape to scrape, so the blocks are copied out of the answer, and names that stay are one object.
 */
export type Layout = {
  readonly pods: readonly PodNames[]
  /** Of the containers in the order of the answer, one block after the other. */
  readonly blocks: Buffer
  /** Where the block of each container ends. */
  readonly ends: Uint32Array
  /** Of each container of the answer its place among the containers of `pods`, from 0. */
  readonly places: Uint32Array
}

export const noLayout: Layout = {
  pods: [],
  blocks: Buffer.alloc(0),
  ends: new Uint32Array(0),
  places: new Uint32Array(0),
}

/** Longer than any block of three Kubernetes names, bytes: it is read anew each time, and an empty one stands for it. */
const longestBlock = 1024
const noBlock = new Uint8Array(0)

/** Pods in the order in which they are named first; two of one name are one. */
export function layoutOf(entries: readonly { names: Names; block: Uint8Array }[]): Layout {
  const pods = new Map<string, { namespace: string; name: string; containers: string[]; entries: number[] }>()
  const ends = new Uint32Array(entries.length)
  const blocks = entries.map(({ block }) => (block.length > longestBlock ? noBlock : block))
  let end = 0
  for (const [index, { names }] of entries.entries()) {
    const { namespace, pod: name, container } = names
    const key = `${namespace.length} ${namespace}${name}`
    const pod = pods.get(key) ?? { namespace, name, containers: [], entries: [] }
    pods.set(key, pod)
    pod.containers.push(container)
    pod.entries.push(index)
    end += (blocks[index] as Uint8Array).length
    ends[index] = end
  }
  const places = new Uint32Array(entries.length)
  const inOrder = [...pods.values()].flatMap((pod) => pod.entries)
  for (const [place, index] of inOrder.entries()) places[index] = place
  return {
    pods: [...pods.values()].map(({ namespace, name, containers }) => ({ namespace, name, containers })),
    blocks: joined(blocks, end),
    ends,
    places,
  }
}

/** In memory of its own: a piece of Node's pool would keep other pieces alive, whole answers among them. */
function joined(blocks: readonly Uint8Array[], bytes: number): Buffer {
  const all = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  for (const block of blocks) {
    all.set(block, at)
    at += block.length
  }
  return all
}

/** The names of each container of the answer, in its order. */
export function namesOf({ pods, places }: Layout): Names[] {
  const all = pods.flatMap(({ namespace, name, containers }) =>
    containers.map((container) => ({ namespace, pod: name, container })),
  )
  return [...places].map((place) => all[place] as Names)
}
