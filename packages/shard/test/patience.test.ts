import { expect } from 'chai'
import { type Failures, failedAgain, isQuarantined, patience } from '../src/patience.ts'

function failed(times: number, reason: string, from?: Failures): Failures | undefined {
  let failures = from
  for (let i = 0; i < times; i++) failures = failedAgain(failures, reason, true)
  return failures
}

describe('the patience with a failing node', () => {
  it('gives a second try within the interval until the third failure', () => {
    expect([0, 1, 2, 3, 4].map((times) => patience(failed(times, 'timeout'), 7).retry)).to.deep.equal([
      true,
      true,
      true,
      false,
      false,
    ])
  })

  it('tries a failing node in every interval, however long it fails', () => {
    expect(patience(failed(1000, 'timeout'), 7).scrape).to.equal(true)
  })

  it('probes a node that refused ten times in a row once in ten intervals', () => {
    expect(isQuarantined(failed(9, 'refused'))).to.equal(false)
    const refused = failed(10, 'refused')
    const probes = Array.from({ length: 100 }, (_, slot) => patience(refused, slot)).filter(
      ({ scrape }) => scrape,
    )
    expect(probes).to.have.length(10)
  })

  it("counts no refusal while no other kubelet answers: the fault may be the shard's own", () => {
    let failures = failed(5, 'refused')
    for (let i = 0; i < 50; i++) failures = failedAgain(failures, 'refused', false)
    expect(isQuarantined(failures)).to.equal(false)
    expect(isQuarantined(failed(5, 'refused', failures))).to.equal(true)
  })

  it('does not count other failures as refusals', () => {
    expect(isQuarantined(failed(9, 'refused', failed(5, 'timeout')))).to.equal(false)
    expect(isQuarantined(failed(20, 'timeout', failed(10, 'refused')))).to.equal(false)
  })
})
