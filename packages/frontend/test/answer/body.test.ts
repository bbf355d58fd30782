import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { addFragment, type Body, fragmentBody, newFragments, pieceBody } from '../../src/answer/body.ts'
import { gzipBody } from '../../src/answer/gzip.ts'
import { createSlabs, type Kept } from '../../src/view/slabs.ts'

const text = (bytes: string | Buffer) => Buffer.from(bytes)
const slabs = createSlabs()
const kept = (bytes: Buffer) => slabs.keep(bytes)
const frame = { head: (bytes: number) => text(`${bytes}[`), tail: text(']') }

function bodyOf(items: readonly Kept[]): Body {
  const fragments = newFragments(text(','))
  for (const item of items) addFragment(fragments, item)
  return fragmentBody(fragments, frame)
}

async function blocksOf(body: Body): Promise<Buffer[]> {
  const blocks: Buffer[] = []
  for (let index = 0; ; index++) {
    const block = await body.block(index)
    if (!block) return blocks
    blocks.push(block)
  }
}

describe('a body of fragments', () => {
  it('is head, fragments with what parts them, and tail, as long as it says', async () => {
    for (const fragments of [[], ['a'], ['a', 'bc', 'd']]) {
      const body = bodyOf(fragments.map((each) => kept(text(each))))
      const whole = Buffer.concat(await blocksOf(body))
      const joined = fragments.join(',')
      expect(String(whole)).to.equal(`${joined.length}[${joined}]`)
      expect(body.length).to.equal(whole.length)
    }
  })

  it('comes in blocks, which readers may take at different paces', async () => {
    const fragments = Array.from({ length: 40 }, (_, n) => kept(Buffer.alloc(200_000, n)))
    const body = bodyOf(fragments)
    const first = await blocksOf(body)
    expect(first.length).to.be.greaterThan(10)
    const late = await blocksOf(body)
    expect(Buffer.concat(late).equals(Buffer.concat(first))).to.equal(true)
    expect(Buffer.concat(first).length).to.equal(body.length)
  })

  it('uses the memory of its blocks again, but never of one that somebody may still read', async () => {
    const fragments = Array.from({ length: 400 }, (_, n) => kept(Buffer.alloc(20_000, n)))
    const body = bodyOf(fragments)
    const whole = Buffer.concat(await blocksOf(body))
    const copied: Buffer[] = []
    const memory = new Set<ArrayBufferLike>()
    const slow = [await body.block(0), await body.block(1)] as Buffer[]
    const heldBySlow = slow.map((block) => Buffer.from(block))
    for (let index = 0; ; index++) {
      const block = await body.block(index)
      if (!block) break
      memory.add(block.buffer)
      copied.push(Buffer.from(block))
      body.done?.(index, block)
    }
    expect(Buffer.concat(copied).equals(whole)).to.equal(true)
    expect(memory.size).to.be.lessThan(copied.length)
    expect(slow.map((block, n) => block.equals(heldBySlow[n] as Buffer))).to.deep.equal([true, true])
  })

  it('has no block but the last that is too small for memory that is used again', async () => {
    for (const bytes of [401, 20_000, 300_001]) {
      const items = Array.from({ length: 2_000_000 / bytes + 10 }, () => kept(Buffer.alloc(bytes)))
      const blocks = await blocksOf(bodyOf(items))
      expect(Math.min(...blocks.slice(0, -1).map(({ length }) => length))).to.be.at.least(256 * 1024)
    }
  })

  it('takes no more memory than it needs where it is short', async () => {
    const body = bodyOf([kept(Buffer.alloc(20_000))])
    const [block] = await blocksOf(body)
    // A small buffer is a part of Node's pool; one for long lists would be 288 kB.
    expect(block?.buffer.byteLength).to.be.at.most(100_000)
  })

  it('is compressed once for all who read it', async () => {
    const fragments = Array.from({ length: 2_000 }, (_, n) => kept(text(`fragment ${n} `.repeat(50))))
    const plain = bodyOf(fragments)
    const zipped = gzipBody(plain)
    const [one, two] = await Promise.all([blocksOf(zipped), blocksOf(zipped)])
    expect(one).to.deep.equal(two)
    expect(gunzipSync(Buffer.concat(one)).equals(Buffer.concat(await blocksOf(plain)))).to.equal(true)
  })

  it('fails for every reader when it cannot be made', async () => {
    const broken: Body = {
      length: undefined,

      block: () => Promise.reject(new Error('broken')),
    }
    const zipped = gzipBody(broken)
    const outcomes = await Promise.allSettled([blocksOf(zipped), blocksOf(zipped)])
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected'])
  })
})

describe('a body of pieces', () => {
  it('is made as it is read', async () => {
    let made = 0
    function* pieces() {
      for (let n = 0; n < 100; n++) {
        made++
        yield Buffer.alloc(10_000, n)
      }
    }
    const body = pieceBody(pieces())
    expect(made).to.equal(0)
    expect((await body.block(0))?.length).to.be.within(10_000, 300_000)
    expect(made).to.be.lessThan(40)
  })
})
