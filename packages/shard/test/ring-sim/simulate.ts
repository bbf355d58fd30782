import { describeFault, drawFaults, type Fault, faultsFromMs, faultsUntilMs, simpler } from './faults.ts'
import { inflict } from './inflict.ts'
import { checkCoverage, checkQuiet, noteExcuses } from './invariants.ts'
import { createRandom } from './random.ts'
import { createSeen, figuresOf, type Run } from './record.ts'
import { createWitness } from './witness.ts'
import { createWorld, type World } from './world.ts'

/** Virtual length of a run. */
export const runMs = 600_000
const lookMs = 1_000

export type SimulateOptions = {
  seed: number
  /** Drawn from the seed by default. */
  faults?: Fault[]
  shards?: number
  nodes?: number
  offsets?: boolean
  drift?: number
  /** Every kubelet answers within a third of a second. */
  quick?: boolean
}

/** One run: some shards, at least 30 nodes, ten virtual minutes, and faults; what follows from the seed alone. */
export async function simulate(options: SimulateOptions): Promise<Run> {
  const { seed } = options
  const random = createRandom(seed)
  const count =
    options.shards ?? (random.chance(0.03) ? random.int(20, 50) : random.pick([1, 2, 3, 3, 4, 5, 6, 8]))
  const drift = options.drift ?? (random.chance(0.3) ? 0.01 : 0)
  const nodes = options.nodes ?? random.int(30, 45)
  const faults = options.faults ?? drawFaults(random)
  const seen = createSeen()
  const world: World = createWorld({
    seed,
    offsets: options.offsets ?? random.chance(0.5),
    drift,
    quick: options.quick ?? false,
    witness: createWitness(seen, () => world),
  })
  seen.begin(world)
  for (let i = 0; i < nodes; i++) world.addNode(`node-${i}`)
  for (let i = 0; i < count; i++) world.scheduler.at(random.int(0, 20_000), () => world.startShard())
  for (const fault of faults) world.scheduler.at(fault.atMs, () => inflict(world, fault, note))
  function note(what: string) {
    seen.log(what)
    if (/failover|FLUSHALL/.test(what)) {
      seen.mark('store')
      seen.mark('store emptied')
    }
  }
  // Something happens in every second, also when nobody is alive.
  for (let ms = 0; ms < runMs; ms += lookMs) world.scheduler.at(ms, () => {})
  let nextLookMs = faultsFromMs - 30_000
  await world.scheduler.run(runMs, () => {
    if (world.scheduler.now() < nextLookMs) return
    nextLookMs = world.scheduler.now() + lookMs
    for (const node of world.targets.keys())
      if (!seen.since.has(node)) seen.since.set(node, world.scheduler.now())
    for (const node of seen.since.keys()) if (!world.targets.has(node)) seen.since.delete(node)
    noteExcuses(seen, world)
    checkCoverage(seen, world)
  })
  checkQuiet(seen, world, drift === 0)
  for (const shard of [...world.shards.values()]) world.kill(shard)
  const { violations, trace } = seen
  return {
    seed,
    faults,
    violations,
    trace,
    attempts: seen.attempts,
    figures: figuresOf(seen.attempts, faultsFromMs, runMs),
  }
}

/** The shortest list of faults found that still breaks a rule of the same name. */
export async function shrink(failed: Run, most = 60): Promise<Run> {
  const rule = failed.violations[0]?.split(':')[0]
  let best = failed
  for (let tries = 0; tries < most; ) {
    let found: Run | undefined
    for (const faults of simpler(best.faults)) {
      if (++tries > most) break
      const run = await simulate({ seed: failed.seed, faults })
      if (run.violations[0]?.startsWith(`${rule}:`)) {
        found = run
        break
      }
    }
    if (!found) return best
    best = found
  }
  return best
}

/** What a person needs to see of a failed run. */
export function report({ seed, faults, violations, trace }: Run, lines = 60): string {
  const first = trace.findIndex((line) => line.includes('VIOLATED'))
  const shown = trace.slice(Math.max(0, first - lines), first + 1)
  return [
    `seed ${seed} breaks ${violations.length} times: ${violations[0]}`,
    'faults:',
    ...faults.map((fault) => `  ${describeFault(fault)}`),
    'trace:',
    ...shown,
  ].join('\n')
}

export const quietFromMs = faultsUntilMs
