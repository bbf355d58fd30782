import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { heapFlags } from '../src/heap.ts'

describe('the flags of the heap', () => {
  it('are known to V8', () => {
    const all = heapFlags({ growingPercent: 100, youngGrows: false, isLarge: true })
    expect(all).to.have.length(7)
    const start = (...flags: string[]) =>
      String(execFileSync(process.execPath, [...flags, '-p', '1 + 1'], { stdio: 'pipe' })).trim()
    expect(start(...all)).to.equal('2')
    expect(() => start('--no-such-flag-of-the-heap')).to.throw()
  })
})
