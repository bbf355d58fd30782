import { expect } from 'chai'
import { rotateUnderLoad } from './rotation.ts'

describe('a hundred rotations of the serving authority', function () {
  this.timeout(300_000)
  it('cost no request under load', async () => {
    const { requests, failures, steps } = await rotateUnderLoad(100, 4)
    console.log(`      ${requests} requests, ${steps.length} steps`)
    expect(failures.slice(0, 5)).to.deep.equal([])
    expect(steps.filter((step) => step === 'switch')).to.have.length(100)
  })
})
