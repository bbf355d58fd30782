import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
const source = '../../src/doctor/'

/** Every word that the sources use as a code: `code: 'x'`, or the first argument of a helper that makes a finding. */
function codes(): string[] {
  const texts = readdirSync(new URL(source, import.meta.url)).map((file) => read(source + file))
  const found = texts.flatMap((text) => [
    ...text.matchAll(/(?:code: |\b(?:problem|found|finding)\(\s*)'([a-z]+(?:_[a-z]+)+)'/g),
  ])
  return [...new Set(found.map(([, code = '']) => code))]
}

describe('docs/troubleshoot.md', () => {
  const text = read('../../../../docs/troubleshoot.md')

  it('has every finding of the doctor', () => {
    expect(codes().length).to.be.greaterThan(40)
    expect(codes().filter((code) => !text.includes(`\`${code}\``))).to.deep.equal([])
  })

  it('is found from the README', () => {
    expect(read('../../../../README.md')).to.include('docs/troubleshoot.md')
  })
})
