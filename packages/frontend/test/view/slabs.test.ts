import { expect } from 'chai'
import { bytesOf, createSlabs, type Kept } from '../../src/view/slabs.ts'

const item = (text: string) => Buffer.from(text)
const textOf = (kept: Kept) => String(bytesOf(kept))

describe('slabs', () => {
  it('keep a copy of what was rendered, however much there is and however large it is', () => {
    const slabs = createSlabs()
    const texts = Array.from({ length: 2_000 }, (_, n) => `item ${n} `.repeat(n % 100))
    const items = texts.map((text) => item(text))
    const kept = [...items, item('x'.repeat(1_000_000))].map(slabs.keep)
    for (const each of items) each.fill(0)
    for (const [n, text] of texts.entries()) {
      expect(textOf(kept[n] as Kept)).to.equal(text)
    }
    expect(textOf(kept.at(-1) as Kept)).to.have.length(1_000_000)
  })

  it('let what stays move on, and leave what was handed out as it was', () => {
    const slabs = createSlabs()
    const first = slabs.keep(item('first'))
    expect(slabs.move(first)).to.equal(first)
    slabs.keep(item('x'.repeat(1_000_000)))
    slabs.keep(item('next'))
    const moved = slabs.move(first)
    expect(moved.slab).not.to.equal(first.slab)
    expect([textOf(moved), textOf(first)]).to.deep.equal(['first', 'first'])
  })
})
