/** The bytes of an answer, block by block: what is not read is not made. */
export type Body = {
  /** Bytes; undefined where only the end will tell. */
  length: number | undefined
  /** Undefined after the last. Blocks may be asked for in any order, by several readers. */
  block(index: number): Promise<Buffer | undefined> | Buffer | undefined
}

/** Bytes a block: enough to make the cost of writing one small, little enough to make one within a millisecond. */
const blockBytes = 256 * 1024
/** Blocks kept for other readers of the same body; who is further behind makes its own. */
const keptBlocks = 16

/**
 * A body of many rendered fragments, in order. They are written as they are; `between` parts them.
 * The fragments are taken as they stand now: what changes while the body is read does not show in it.
 */
export function fragmentBody(
  head: Buffer,
  fragments: readonly Buffer[],
  between: Buffer,
  tail: Buffer,
): Body {
  const starts = blockStarts(fragments, between.length)
  const kept = new Map<number, Buffer>()
  const length = head.length + (starts.at(-1)?.offset ?? 0) + tail.length
  const last = starts.length - 1

  function make(index: number): Buffer | undefined {
    const from = starts[index]
    const to = starts[index + 1]
    if (!from || !to) return index === 0 ? Buffer.concat([head, tail]) : undefined
    const first = index === 0 ? head : undefined
    const end = index + 1 === last ? tail : undefined
    const block = Buffer.allocUnsafe((first?.length ?? 0) + to.offset - from.offset + (end?.length ?? 0))
    let at = first ? first.copy(block) : 0
    for (let n = from.fragment; n < to.fragment; n++) {
      if (n > 0) at += between.copy(block, at)
      at += (fragments[n] as Buffer).copy(block, at)
    }
    end?.copy(block, at)
    return block
  }
  return {
    length,
    block(index) {
      const known = kept.get(index)
      if (known) return known
      const block = make(index)
      if (block) kept.set(index, block)
      kept.delete(index - keptBlocks)
      return block
    },
  }
}

/** First fragment of each block with its offset from the first fragment; the last entry is the end. */
function blockStarts(
  fragments: readonly Buffer[],
  betweenBytes: number,
): { fragment: number; offset: number }[] {
  if (fragments.length === 0) return []
  const starts = [{ fragment: 0, offset: 0 }]
  let offset = 0
  let startedAt = 0
  for (let n = 0; n < fragments.length; n++) {
    if (offset - startedAt >= blockBytes) {
      starts.push({ fragment: n, offset })
      startedAt = offset
    }
    offset += (fragments[n] as Buffer).length + (n > 0 ? betweenBytes : 0)
  }
  starts.push({ fragment: fragments.length, offset })
  return starts
}

/** A body already in one piece. */
export function wholeBody(bytes: Buffer): Body {
  return { length: bytes.length, block: (index) => (index === 0 ? bytes : undefined) }
}
