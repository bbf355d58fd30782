import { createLabels, type Names, readLabels, readNames } from './decode-labels.ts'
import { type Layout, layoutOf, namesOf, noLayout } from './decode-layout.ts'

/** No kubelet runs this many; what an answer names beyond is malformed. */
const MAX_CONTAINERS = 20_000

/** The containers an answer has named so far, each with a number of its own, from 0. */
export type Containers = {
  /**
   * Reads the label block at `start`; returns where it ends, or -1 when it names no container.
   * `found` is then that container.
   */
  read(start: number): number
  found: number
  /** Says that a series begins: kubelets write every series in one order of containers. */
  rewind(): void
  /** The containers in the order in which they were named first. */
  named(): { layout: Layout; order: readonly number[] }
}

/**
 * Kubelets repeat the same label blocks in the same order, for each series and in each answer, so a block is compared with
 * the one expected next before it is read; a block that is byte for byte the same means the same container.
 * @param before the layout of this kubelet's last answer, if there was one.
 */
export function createContainers(body: Buffer, before: Layout): Containers {
  const labels = createLabels()
  const { blocks: oldBlocks, ends: oldEnds } = before
  const old = oldEnds.length
  const oldStart = (index: number) => (index === 0 ? 0 : (oldEnds[index - 1] as number))
  /** Of those that are not in `before`, whose numbers come after its. */
  const added: { names: Names; start: number; end: number }[] = []
  const order: number[] = []
  const isNamed = new Uint8Array(old)
  let byName: Map<string, number> | undefined
  let expected = 0

  function read(start: number): number {
    let end = endOfExpected(start)
    let found = expected
    if (end < 0) {
      end = readLabels(body, start, labels)
      const names = end < 0 ? undefined : readNames(body, labels)
      if (!names) return -1
      found = find(names, start, end)
    }
    if (found < 0 || !name(found)) return -1
    expected = found + 1
    containers.found = found
    return end
  }

  /** Where the block ends, if it is the expected one. Compared from the front: no block holds a newline. */
  function endOfExpected(start: number): number {
    if (expected < old) {
      return endOfSame(body, start, oldBlocks, oldStart(expected), oldEnds[expected] as number)
    }
    const block = added[expected - old]
    return block ? endOfSame(body, start, body, block.start, block.end) : -1
  }

  function find(names: Names, start: number, end: number): number {
    byName ??= new Map(namesOf(before).map((each, index) => [keyOf(each), index]))
    const key = keyOf(names)
    const known = byName.get(key)
    if (known !== undefined) return known
    if (order.length >= MAX_CONTAINERS) return -1
    const found = old + added.length
    byName.set(key, found)
    added.push({ names, start, end })
    order.push(found)
    return found
  }

  /** False: it is one too many. */
  function name(found: number): boolean {
    if (found >= old || isNamed[found] === 1) return true
    if (order.length >= MAX_CONTAINERS) return false
    isNamed[found] = 1
    order.push(found)
    return true
  }

  const containers: Containers = {
    read,
    found: 0,
    rewind() {
      expected = 0
    },
    named() {
      if (order.length === 0) return { layout: noLayout, order }
      const isAsBefore = order.length === old && order.every((each, index) => each === index)
      if (isAsBefore) return { layout: before, order }
      const names = namesOf(before)
      const entries = order.map((each) => {
        if (each < old) {
          return { names: names[each] as Names, block: oldBlocks.subarray(oldStart(each), oldEnds[each]) }
        }
        const { names: own, start, end } = added[each - old] as (typeof added)[number]
        return { names: own, block: body.subarray(start, end) }
      })
      return { layout: layoutOf(entries), order }
    },
  }
  return containers
}

/** Names cannot run into each other: each is led by its length. */
function keyOf({ namespace, pod, container }: Names): string {
  return `${namespace.length} ${pod.length} ${namespace}${pod}${container}`
}

/** Where the bytes at `start` end, if they are those of `block` from `from` to `to`, which are some; else -1. */
function endOfSame(body: Buffer, start: number, block: Buffer, from: number, to: number): number {
  const end = start + to - from
  if (from === to || end > body.length) return -1
  for (let at = start, of = from; at < end; at++, of++) if (body[at] !== block[of]) return -1
  return end
}
