import { errorText } from '@metrics-ring/common/errors'
import { assignScenario } from '../assign.ts'
import { chaosScenario } from '../chaos/chaos.ts'
import { type ColdStarts, startAgain } from '../cold-start.ts'
import { type DecodeSpeed, measureDecode } from '../decode-speed.ts'
import { processUsage } from '../process-usage.ts'
import type { Row } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import { startSite } from './site.ts'
import { startSystem } from './systems.ts'

/** What needs no metrics-server beside it, each measured by itself; what failed is absent. */
export type Alone = {
  decode: DecodeSpeed | undefined
  /** Of a shard that has everything loaded and connected, and no node. */
  librariesRssBytes: number | undefined
  coldStart: ColdStarts | undefined
  assign: Row[] | undefined
  /** Lists at 10 Hz while processes are killed, restarted and rolled. */
  faults: { rows: Row[]; nodes: number; intervalMs: number } | undefined
}

const coldStartPods = 3_000
const coldStartTimes = 3
/** Drains first: they take longer as long as a killed shard's Lease is there (docs/ring.md). */
const faults = ['rolling', 'frontends', 'frontend-sigkill', 'sigkill', 'flushall', 'redis']
const faultNodes = 100

export async function measureAlone(
  bench: Bench,
  given: { faultsIntervalMs: number; podsPerNode: number },
): Promise<Alone> {
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    bench.progress(`--- ${what}`)
    try {
      return await work()
    } catch (error) {
      bench.progress(`${what}: ${errorText(error)}`)
      return undefined
    }
  }
  return {
    decode: await attempt('decoding', async () => measureDecode(given.podsPerNode)),
    librariesRssBytes: await attempt('an idle shard, for its libraries', () => librariesRss(bench)),
    coldStart: await attempt(`cold start with ${coldStartPods} pods`, () => coldStarts(bench)),
    assign: await attempt('assignment', async () => {
      const outcome = await assignScenario.run(bench, { nodes: 5_000, shards: 20, rounds: 20 })
      return 'rows' in outcome ? outcome.rows : outcome
    }),
    faults: await attempt('faults', async () => {
      const outcome = await chaosScenario.run(bench, {
        ...{
          nodes: faultNodes,
          'pods-per-node': 10,
          shards: 3,
          frontends: 2,
          interval: given.faultsIntervalMs,
        },
        ...{ sampling: 'cri', credentials: 'certificate', faults },
      })
      const rows = 'rows' in outcome ? outcome.rows : outcome
      return { rows, nodes: faultNodes, intervalMs: given.faultsIntervalMs }
    }),
  }
}

async function librariesRss(bench: Bench): Promise<number> {
  const size = { nodes: 10, podsPerNode: 5, containers: 1, seed: 1 }
  const site = await startSite(bench, { ...size, intervalMs: 3_000, samplings: ['cadvisor'] })
  const system = await startSystem(bench, site, {
    ...{ name: 'idle shard', kind: 'sharded', shards: 1, frontends: 0 },
    shardArgs: ['--node-selector=bench=none'],
  })
  await bench.wait(8_000, 'an idle shard')
  const pid = system.processes().find(({ kind }) => kind === 'shard')?.pid ?? 0
  const { rssBytes } = processUsage(pid)
  await system.stop()
  await site.stop()
  return rssBytes
}

async function coldStarts(bench: Bench): Promise<ColdStarts> {
  const { site, starts } = await startAgain(
    bench,
    { intervalMs: 15_000, nodes: coldStartPods / 30, pods: coldStartPods, namespacePods: 600 },
    coldStartTimes,
  )
  await site.stop()
  return starts
}
