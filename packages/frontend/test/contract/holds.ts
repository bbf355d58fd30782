import { setTimeout as sleep } from 'node:timers/promises'
import { AssertionError } from 'chai'
import type { Context } from './context.ts'

const mostTries = 10

/**
 * A test of one expectation. Where samples change all the time, and each replica learns of it in its own time, an
 * answer may be compared with one that is older or newer: there it has to hold in one of a few tries.
 */
export function holds(
  context: () => Context,
  title: string,
  expectation: (this: Mocha.Context) => Promise<void>,
): void {
  it(title, async function () {
    for (let tries = 1; ; tries++) {
      try {
        return await expectation.call(this)
      } catch (error) {
        if (!context().living || tries === mostTries || !(error instanceof AssertionError)) throw error
        await sleep(300)
      }
    }
  })
}
