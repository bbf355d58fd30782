import { setTimeout } from 'node:timers/promises'
import { expect } from 'chai'
import { realClock } from '../src/clock.ts'

describe('the clock of the machine', () => {
  it('does not take a wait of more than 24 days for none', async () => {
    let fired = 0
    const stop = realClock.after(30 * 86_400_000, () => fired++)
    await setTimeout(20)
    stop()
    expect(fired).to.equal(0)
  })
})
