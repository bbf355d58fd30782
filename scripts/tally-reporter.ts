import { appendFileSync } from 'node:fs'
import mocha from 'mocha'

/** mocha's own report; with TALLY set, also a line `passed failed` in that file, for .ci/run to add up. */
export default class TallyReporter extends mocha.reporters.Spec {
  constructor(runner: mocha.Runner, options: mocha.MochaOptions) {
    super(runner, options)
    runner.once(mocha.Runner.constants.EVENT_RUN_END, () => {
      const { TALLY } = process.env
      if (TALLY) appendFileSync(TALLY, `${this.stats.passes} ${this.stats.failures}\n`)
    })
  }
}
