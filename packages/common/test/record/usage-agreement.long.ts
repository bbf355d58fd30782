import { compareHistories } from './usage-agreement.ts'

describe('usage, held against an oracle for long', () => {
  it('comes to the same in 10,000 random histories', () => {
    compareHistories(10_000)
  })
})
