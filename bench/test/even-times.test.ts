import { sleep } from '@metrics-ring/common/clock'
import { createFakeClock } from '@metrics-ring/common/testing/fake-clock'
import { expect } from 'chai'
import { atEvenTimes } from '../list/even-times.ts'

describe('a client that asks at even times', () => {
  it('does so while answers take longer than the time between two questions', async () => {
    const clock = createFakeClock()
    const askedMs: number[] = []
    const all = atEvenTimes(
      5,
      10,
      async () => {
        askedMs.push(clock.mono())
        await sleep(clock, askedMs.length < 3 ? 35 : 1)
      },
      clock,
    )
    for (let ms = 0; ms < 100; ms++) await clock.advance(1)
    await all
    expect(askedMs).to.deep.equal([0, 10, 20, 30, 40])
  })

  it('tells of the first failure when all is over', async () => {
    let asked = 0
    const all = atEvenTimes(3, 1, async (n) => {
      asked++
      if (n < 2) throw new Error(`question ${n}`)
    })
    expect(await all.catch((error: unknown) => (error as Error).message)).to.equal('question 0')
    expect(asked).to.equal(3)
  })
})
