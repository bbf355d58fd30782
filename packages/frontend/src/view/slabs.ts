/** The representations in which items are kept, as they stand in a list. */
export type Part = 'json' | 'protobuf'

/** An item as it stands in a list; what is returned stands until the next one is rendered. */
export type Render<T> = (item: T, part: Part) => Uint8Array

/** A rendered item: bytes [from, to) of its slab. Never changes. */
export type Kept = { readonly slab: Buffer; readonly from: number; readonly to: number }

export type Slabs = {
  /** Copies the item. */
  keep(item: Uint8Array): Kept
  /** The same bytes beside what is kept now, so that the few that stay do not hold the slabs of many that went. */
  move(kept: Kept): Kept
}

const slabBytes = 256 * 1024

/**
 * Memory for rendered items, one after the other in large pieces: 300,000 Buffers would be most of what the garbage
 * collector has to look at. A slab is freed when nothing kept in it is referred to any more; what is written in one
 * go is mostly replaced in one go, too.
 */
export function createSlabs(): Slabs {
  let slab = Buffer.alloc(0)
  let used = 0

  function reserve(bytes: number): number {
    if (used + bytes > slab.length) {
      slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes))
      used = 0
    }
    const at = used
    used += bytes
    return at
  }
  return {
    keep(item) {
      const from = reserve(item.length)
      slab.set(item, from)
      return { slab, from, to: used }
    },
    move(kept) {
      if (kept.slab === slab) return kept
      const from = reserve(kept.to - kept.from)
      kept.slab.copy(slab, from, kept.from, kept.to)
      return { slab, from, to: used }
    },
  }
}

export function bytesOf({ slab, from, to }: Kept): Buffer {
  return slab.subarray(from, to)
}
