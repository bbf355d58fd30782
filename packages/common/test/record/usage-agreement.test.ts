import { compareHistories } from './usage-agreement.ts'

describe('usage, held against an oracle written from the rules', () => {
  it('comes to the same in 2,000 random histories of restarts, resets, repeats, gaps, clock steps and churn', () => {
    compareHistories(2_000)
  })
})
