import { realClock, sleep } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { silentLog } from '@metrics-ring/common/log'
import { readCost } from '@metrics-ring/common/redis/cost'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { drawStatus } from './draw-status.ts'
import { type ApiStatus, readApi } from './read-api.ts'
import { lookAtRing } from './read-ring.ts'
import { drawCost, type RedisCost, redisCost } from './redis-cost.ts'
import { createScrapeRate } from './scrape-rate.ts'
import { readStatusConfig, type StatusConfig, statusHelp } from './status-config.ts'

const watchMs = 2_000
/** All pods are listed for it: seldom. */
const apiEveryMs = 15_000

/** `metrics-ring status`: the ring, once or again and again. */
export async function runStatus(argv: readonly string[]): Promise<void> {
  const { config, faults, help } = readStatusConfig(argv, process.env)
  if (help) return void process.stdout.write(statusHelp)
  if (faults.length > 0) {
    process.stderr.write(`${faults.map((fault) => `metrics-ring status: ${fault}`).join('\n')}\n`)
    process.exitCode = 2
    return
  }
  const { kubeconfig, ringName, redis, intervalMs } = config
  const kube = createKubeClient(await loadKubeConfig(kubeconfig, process.env))
  const store = createRedisStore({
    url: redis.url,
    tlsFiles: redis.tls,
    ringName,
    intervalMs,
    onBadRecord: () => {},
    log: silentLog,
  })
  const watch = createWatch(kube)
  try {
    do {
      await show(config, kube, store, watch)
      if (config.watch) await sleep(realClock, watchMs)
    } while (config.watch)
  } finally {
    await Promise.all([kube.close(), store.close()])
  }
}

type Watch = ReturnType<typeof createWatch>

/** What is worth knowing only where somebody watches. */
function createWatch(kube: KubeClient) {
  const rate = createScrapeRate()
  let api: ApiStatus | undefined
  let readMs = Number.NEGATIVE_INFINITY
  return {
    async look({ freshness, storeMs }: Awaited<ReturnType<typeof lookAtRing>>) {
      if (realClock.mono() - readMs >= apiEveryMs) {
        api = await readApi(kube, realClock.mono)
        readMs = realClock.mono()
      }
      return { scrapesPerS: rate.look(freshness, storeMs), api }
    },
  }
}

async function show(config: StatusConfig, kube: KubeClient, store: SampleStore, watch: Watch): Promise<void> {
  try {
    await untilConnected(store)
    const seen = await lookAtRing(config, kube, store)
    const { ring } = seen
    const watched = config.watch ? await watch.look(seen) : {}
    const cost = config.cost ? await readRedisCost(config, store) : undefined
    const text = config.json
      ? JSON.stringify({ ...ring, ...watched, ...(cost && { redis: cost }) })
      : drawStatus(ring, config.intervalMs, watched) + (cost ? `\n\n${drawCost(cost)}` : '')
    process.stdout.write(`${config.watch && process.stdout.isTTY ? '\x1b[2J\x1b[H' : ''}${text}\n`)
    process.exitCode = ring.late > 0 ? 1 : 0
  } catch (error) {
    process.stderr.write(`metrics-ring status: ${errorText(error)}\n`)
    process.exitCode = 1
  }
}

/** Watches Redis for an interval. */
async function readRedisCost(config: StatusConfig, store: SampleStore): Promise<RedisCost> {
  const { redis, ringName, intervalMs } = config
  const startedMs = realClock.mono()
  const [before, after] = await readCost(redis, ringName, () => sleep(realClock, intervalMs))
  const tookMs = realClock.mono() - startedMs
  const records = await store.hydrate([...after.sample.keys()])
  const pods = new Map([...records].map(([node, { body }]) => [node, body.pods.length]))
  return redisCost({ before, after, tookMs, intervalMs, pods })
}

/** The connection is made in the background: what fails at once is tried again for a moment. */
async function untilConnected(store: SampleStore): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await store.time()
      return
    } catch (error) {
      if (tries === 20) throw error
      await sleep(realClock, 100)
    }
  }
}
