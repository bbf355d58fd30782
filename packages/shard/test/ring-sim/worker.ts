import { parentPort, workerData } from 'node:worker_threads'
import { report, shrink, simulate } from './simulate.ts'

/** Runs every `step`-th seed from `from` on, and tells what came of each. */
const { from, until, step } = workerData as { from: number; until: number; step: number }
for (let seed = from; seed < until; seed += step) {
  const run = await simulate({ seed })
  const failure = run.violations.length > 0 ? report(await shrink(run)) : undefined
  parentPort?.postMessage({ seed, failure, greatestGapMs: run.figures.greatestGapMs })
}
