import { expect } from 'chai'
import { splitLines } from '../../src/kube/split-lines.ts'

async function lines(...chunks: string[]): Promise<string[]> {
  async function* source() {
    for (const chunk of chunks) yield Buffer.from(chunk, 'latin1')
  }
  return Array.fromAsync(splitLines(source()))
}

describe('splitting a byte stream into lines', () => {
  it('joins what chunks cut apart, also within a character', async () => {
    const bytes = Buffer.from('{"a":"ü"}\n{"b":1}\n').toString('latin1')
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(await lines(bytes.slice(0, cut), bytes.slice(cut))).to.deep.equal(['{"a":"ü"}', '{"b":1}'])
    }
  })

  it('gives several lines of one chunk, and no unfinished one', async () => {
    expect(await lines('a\n\nb\nunfinished')).to.deep.equal(['a', '', 'b'])
  })
})
