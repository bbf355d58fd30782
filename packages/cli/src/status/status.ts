import { realClock, sleep } from '@metrics-ring/common/clock'
import { errorText } from '@metrics-ring/common/errors'
import { createKubeClient, type KubeClient } from '@metrics-ring/common/kube/kube'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { silentLog } from '@metrics-ring/common/log'
import type { SampleStore } from '@metrics-ring/common/store/store'
import { createRedisStore } from '@metrics-ring/common/store/store-redis'
import { readRing } from './read-ring.ts'
import { readStatusConfig, type StatusConfig, statusHelp } from './status-config.ts'
import { drawStatus } from './status-ring.ts'

const watchMs = 2_000

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
  try {
    do {
      await show(config, kube, store)
      if (config.watch) await sleep(realClock, watchMs)
    } while (config.watch)
  } finally {
    await Promise.all([kube.close(), store.close()])
  }
}

async function show(config: StatusConfig, kube: KubeClient, store: SampleStore): Promise<void> {
  try {
    await untilConnected(store)
    const status = await readRing(config, kube, store)
    const text = config.json ? JSON.stringify(status) : drawStatus(status)
    process.stdout.write(`${config.watch && process.stdout.isTTY ? '\x1b[2J\x1b[H' : ''}${text}\n`)
    process.exitCode = status.late > 0 ? 1 : 0
  } catch (error) {
    process.stderr.write(`metrics-ring status: ${errorText(error)}\n`)
    process.exitCode = 1
  }
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
