import { eachInTurns } from './turns.ts'

/** The bytes of an answer, block by block: what is not read is not made. */
export type Body = {
  /** Bytes; undefined where only the end will tell. */
  length: number | undefined
  /** Undefined after the last. Blocks are asked for in order. */
  block(index: number): Promise<Buffer | undefined> | Buffer | undefined
}

/** Bytes a block: enough to make the cost of writing one small, little enough to make one within a millisecond. */
const blockBytes = 256 * 1024
/** Blocks kept for other readers of the same body; who is further behind makes its own. */
const keptBlocks = 16

export type Frame = {
  /** What stands before the fragments, which are so many bytes together with what parts them. */
  head: (fragmentBytes: number) => Buffer
  between: Buffer
  tail: Buffer
}

/**
 * A body of many rendered fragments, in order. They are written as they are.
 * They are taken as they stand now: what changes while the body is read does not show in it.
 */
export async function fragmentBody(
  fragments: readonly Buffer[],
  { head: headOf, between, tail }: Frame,
): Promise<Body> {
  const starts = await blockStarts(fragments, between.length)
  const kept = new Map<number, Buffer>()
  const fragmentBytes = starts.at(-1)?.offset ?? 0
  const head = headOf(fragmentBytes)
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
    length: head.length + fragmentBytes + tail.length,
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
async function blockStarts(
  fragments: readonly Buffer[],
  betweenBytes: number,
): Promise<{ fragment: number; offset: number }[]> {
  const starts: { fragment: number; offset: number }[] = []
  let offset = 0
  let untilOffset = 0
  await eachInTurns(fragments, ({ length }, fragment) => {
    if (offset >= untilOffset) {
      starts.push({ fragment, offset })
      untilOffset = offset + blockBytes
    }
    offset += length + (fragment > 0 ? betweenBytes : 0)
  })
  if (fragments.length > 0) starts.push({ fragment: fragments.length, offset })
  return starts
}

/** Work that one block may cost, milliseconds: pieces may be rendered as they are taken. */
const blockMs = 8

/** A body of pieces made as they are read, for one reader. */
export function pieceBody(pieces: Iterator<Uint8Array>): Body {
  function next(): Buffer | undefined {
    const taken: Uint8Array[] = []
    const startedMs = performance.now()
    for (let bytes = 0; bytes < blockBytes && performance.now() - startedMs < blockMs; ) {
      const { done, value } = pieces.next()
      if (done) break
      taken.push(value)
      bytes += value.length
    }
    return taken.length > 0 ? Buffer.concat(taken) : undefined
  }
  return { length: undefined, block: next }
}

/** A body that is there in one piece. */
export function wholeBody(bytes: Buffer): Body {
  return { length: bytes.length, block: (index) => (index === 0 ? bytes : undefined) }
}
