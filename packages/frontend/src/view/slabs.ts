/** An item as it stands in a list, in the two representations that are kept. */
export type Rendered = { json: Buffer; protobuf: Buffer }

/** Where a rendered item is kept: JSON in [json, protobuf) of its slab, protobuf in [protobuf, end). Never changes. */
export type Kept = {
  readonly slab: Buffer
  readonly json: number
  readonly protobuf: number
  readonly end: number
}

export type Slabs = {
  /** Copies the item. */
  keep(item: Rendered): Kept
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
    keep({ json, protobuf }) {
      const at = reserve(json.length + protobuf.length)
      slab.set(json, at)
      slab.set(protobuf, at + json.length)
      return { slab, json: at, protobuf: at + json.length, end: used }
    },
    move(kept) {
      if (kept.slab === slab) return kept
      const at = reserve(kept.end - kept.json)
      kept.slab.copy(slab, at, kept.json, kept.end)
      return { slab, json: at, protobuf: at + kept.protobuf - kept.json, end: used }
    },
  }
}

export function renderedOf({ slab, json, protobuf, end }: Kept): Rendered {
  return { json: slab.subarray(json, protobuf), protobuf: slab.subarray(protobuf, end) }
}
