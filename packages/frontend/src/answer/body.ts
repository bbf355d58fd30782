import type { Kept } from '../view/slabs.ts'
import { mostHeldMs } from '../view/turns.ts'

/** The bytes of an answer, block by block: what is not read is not made. */
export type Body = {
  /** Bytes; undefined where only the end will tell. */
  length: number | undefined
  /** Undefined after the last. Blocks are asked for in order. */
  block(index: number): Promise<Buffer | undefined> | Buffer | undefined
  /** A reader is through with the block, whose memory may be used again; without this it is garbage one day. */
  done?(index: number, block: Buffer): void
}

/** Bytes a block: enough to make the cost of writing one small, little enough to make one within a millisecond. */
const blockBytes = 256 * 1024
/** Blocks kept for other readers of the same body; who is further behind makes its own. */
const keptBlocks = 4

/**
 * Blocks to be written again. A large list is some hundreds of them: made anew each time, they would have the whole
 * heap marked several times a list, since V8 counts what lies outside of its heap.
 */
const spare: Buffer[] = []
const mostSpare = 64
const spareBytes = blockBytes + 32 * 1024

function takeBlock(bytes: number): Buffer {
  // The only block of a short list is not worth one that is sized for long ones.
  if (bytes < blockBytes || bytes > spareBytes) return Buffer.allocUnsafe(bytes)
  return (spare.pop() ?? Buffer.allocUnsafeSlow(spareBytes)).subarray(0, bytes)
}

/** Nobody must hold the block any more. */
function giveBlock({ buffer }: Buffer): void {
  if (buffer.byteLength === spareBytes && spare.length < mostSpare) spare.push(Buffer.from(buffer))
}

export type Frame = {
  /** What stands before the fragments, which are so many bytes together with what parts them. */
  head: (fragmentBytes: number) => Buffer
  tail: Buffer
}

/** Rendered items that become a body, in order. */
export type Fragments = {
  /** What parts them. */
  readonly between: Buffer
  readonly items: Kept[]
  /** First item of each block, with its offset from the first item. */
  readonly starts: { fragment: number; offset: number }[]
  /** All of them, and what parts them. */
  bytes: number
}

export function newFragments(between: Buffer): Fragments {
  return { between, items: [], starts: [], bytes: 0 }
}

/** Takes the item as it stands now: what changes while the body is read does not show in it. */
export function addFragment(fragments: Fragments, item: Kept): void {
  const { between, items, starts, bytes } = fragments
  const last = starts.at(-1)
  if (!last || bytes >= last.offset + blockBytes) starts.push({ fragment: items.length, offset: bytes })
  fragments.bytes += item.to - item.from + (items.length > 0 ? between.length : 0)
  items.push(item)
}

/** A body of many rendered items, which are written as they are. */
export function fragmentBody({ between, items, bytes, starts: begun }: Fragments, frame: Frame): Body {
  const starts = items.length > 0 ? [...begun, { fragment: items.length, offset: bytes }] : []
  const kept = new Map<number, { block: Buffer; readers: number }>()
  const head = frame.head(bytes)
  const { tail } = frame
  const last = starts.length - 1

  function make(index: number): Buffer | undefined {
    const from = starts[index]
    const to = starts[index + 1]
    if (!from || !to) return index === 0 ? Buffer.concat([head, tail]) : undefined
    const first = index === 0 ? head : undefined
    const end = index + 1 === last ? tail : undefined
    const block = takeBlock((first?.length ?? 0) + to.offset - from.offset + (end?.length ?? 0))
    let at = first ? first.copy(block) : 0
    for (let n = from.fragment; n < to.fragment; n++) {
      if (n > 0) at += between.copy(block, at)
      const item = items[n] as Kept
      at += item.slab.copy(block, at, item.from, item.to)
    }
    end?.copy(block, at)
    return block
  }
  function hold(index: number) {
    const block = make(index)
    if (!block) return undefined
    const held = { block, readers: 0 }
    kept.set(index, held)
    const past = kept.get(index - keptBlocks)
    kept.delete(index - keptBlocks)
    // What a reader still holds, and perhaps will for ever, is left to it.
    if (past?.readers === 0) giveBlock(past.block)
    return held
  }
  return {
    length: head.length + bytes + tail.length,
    block(index) {
      const held = kept.get(index) ?? hold(index)
      if (held) held.readers++
      return held?.block
    },
    done(index, block) {
      const held = kept.get(index)
      if (held?.block === block) held.readers--
    },
  }
}

/** A body of pieces made as they are read, for one reader: as many a block as a turn has time for. */
export function pieceBody(pieces: Iterator<Uint8Array>): Body {
  function next(): Buffer | undefined {
    const taken: Uint8Array[] = []
    const startedMs = performance.now()
    let bytes = 0
    // At least one: an empty block would be taken for the end.
    do {
      const { done, value } = pieces.next()
      if (done) break
      taken.push(value)
      bytes += value.length
    } while (bytes < blockBytes && performance.now() - startedMs < mostHeldMs)
    return taken.length > 0 ? Buffer.concat(taken) : undefined
  }
  return { length: undefined, block: next }
}

/** A body that is there in one piece. */
export function wholeBody(bytes: Buffer): Body {
  return { length: bytes.length, block: (index) => (index === 0 ? bytes : undefined) }
}
