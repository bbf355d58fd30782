import { expect } from 'chai'
import { type BadCompany, type BadCompanyOptions, keepBadCompany } from './bad-company.ts'

/** The same claims in `npm test`, scaled down, and in `npm run test:long`, at full size. */
export function claimBadCompanyIsHarmless(options: BadCompanyOptions): void {
  const { nodes, intervalMs: W, intervals } = options

  describe(`of ${nodes} real kubelets, 5 % hanging and 5 % taking 0.6 W to answer, W = ${W / 1000} s`, function () {
    this.timeout((2 * intervals + 12) * W + 60_000)
    let found: BadCompany
    before(async () => {
      found = await keepBadCompany(options)
    })

    it('the p99 age of the others changes by less than 1 s', () => {
      const { before, after } = found.p99Ms
      expect(Math.abs(after - before), `from ${before} to ${after}`).to.be.below(1_000)
    })

    for (const kind of ['slow', 'hanging', 'sound'] as const) {
      it(`the ${kind} ones are scraped exactly once per interval`, () => {
        const { least, most, count } = found.gapsMs[kind]
        expect(count).to.be.within(intervals - 2, intervals)
        expect(least).to.be.at.least(0.67 * W)
        expect(most).to.be.at.most(1.33 * W)
      })
    }

    it('the slow ones are heard to the end', () => {
      const { whole, asked } = found.slowAnswers
      expect(asked).to.be.above(0)
      // They have a fifteenth of W to spare; a longer stall of this process takes it from those it meets.
      const mayMiss = found.longestStallMs < W / 20 ? 0 : Math.ceil(asked * (found.longestStallMs / W))
      expect(asked - whole, `longest stall ${found.longestStallMs} ms`).to.be.at.most(mayMiss)
    })

    it('scrapes in flight at once stay near the mean', () => {
      const { mean, p99, peak } = found.inFlight
      // What falls due while this process is held up is due at once.
      const dueAtOnce = (found.longestStallMs * nodes) / W
      const hint = `mean ${mean}, longest stall ${found.longestStallMs} ms`
      expect(p99, hint).to.be.at.most(2 * mean + 2 + dueAtOnce)
      expect(peak, hint).to.be.at.most(2 * mean + 5 + 2 * dueAtOnce)
    })

    it('a new node is scraped within 1 s of its watch event', () => {
      expect(found.newNodeMs).to.be.at.most(1_000 + found.longestStallMs)
    })
  })
}
