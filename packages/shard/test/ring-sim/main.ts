import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { printTable } from './table.ts'

/** `npm run ring-sim -- --seeds 10000 [--from N] [--workers N]`: many seeds, one worker a core, then the table. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '0' },
    workers: { type: 'string', default: String(availableParallelism()) },
    table: { type: 'boolean', default: true },
  },
  allowNegative: true,
})
const [from, count, workers] = [Number(values.from), Number(values.seeds), Number(values.workers)]
const startedMs = performance.now()
const failed: number[] = []
/** Per worker, the seed it goes on with: everything below the least of them is done. */
const next = Array.from({ length: workers }, (_, i) => from + i)
let done = 0

function show() {
  const minutes = (performance.now() - startedMs) / 60_000
  const left = done === 0 ? 0 : (minutes / done) * (count - done)
  const width = Math.round((30 * done) / count)
  const bar = `[${'#'.repeat(width)}${'.'.repeat(30 - width)}]`
  const text = `${bar} ${done} of ${count} seeds, ${failed.length} failed, ${left.toFixed(1)} min left; go on with --from ${Math.min(...next)}`
  if (process.stderr.isTTY) process.stderr.write(`\r${text} `)
  else if (done % Math.max(1, Math.round(count / 20)) === 0) process.stderr.write(`${text}\n`)
}
function work(index: number): Promise<void> {
  const workerData = { from: from + index, until: from + count, step: workers }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData })
  return new Promise((resolve, reject) => {
    worker.on('message', ({ seed, failure }: { seed: number; failure: string | undefined }) => {
      done++
      next[index] = seed + workers
      if (failure !== undefined) {
        failed.push(seed)
        process.stdout.write(`\n${failure}\n`)
      }
      show()
    })
    worker.on('error', reject)
    worker.on('exit', () => resolve())
  })
}

await Promise.all(next.map((_, index) => work(index)))
const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1)
process.stdout.write(
  `\n${count} seeds from ${from} in ${minutes} min: ${failed.length} failed ${failed.join(' ')}\n`,
)
if (values.table) await printTable((text) => process.stdout.write(`${text}\n`))
if (failed.length > 0) process.exitCode = 1
