import { appendFileSync } from 'node:fs'
import mocha from 'mocha'

/**
 * mocha's own report; with TALLY set, also a line `passed failed` in that file, for .ci/run to add up,
 * and one of each test that failed.
 */
export default class TallyReporter extends mocha.reporters.Spec {
  constructor(runner: mocha.Runner, options: mocha.MochaOptions) {
    super(runner, options)
    const { TALLY } = process.env
    if (!TALLY) return
    const { EVENT_TEST_FAIL, EVENT_RUN_END } = mocha.Runner.constants
    runner.on(EVENT_TEST_FAIL, (test: mocha.Test, fault: Error) => {
      appendFileSync(TALLY, `failed: ${test.fullTitle()}: ${fault.message.split('\n', 1)[0]}\n`)
    })
    runner.once(EVENT_RUN_END, () => appendFileSync(TALLY, `${this.stats.passes} ${this.stats.failures}\n`))
  }
}
