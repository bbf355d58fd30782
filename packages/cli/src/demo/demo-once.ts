import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '@metrics-ring/sim/cluster'
import { readTop } from './complete.ts'
import type { DemoConfig } from './demo-config.ts'
import type { Running } from './start.ts'

/** Prints what kubectl top prints as soon as it is complete; rejects, saying what is missing, when time is up. */
export async function printOnce(running: Running, config: DemoConfig, signal: AbortSignal): Promise<void> {
  const { cluster, kubectl, deployment } = running
  const startedMs = Date.now()
  for (;;) {
    const top = await readTop(kubectl, cluster)
    const tookMs = Date.now() - startedMs
    if (top.missing.length === 0) {
      process.stdout.write(config.json ? summary(cluster, tookMs) : `${top.nodes}${top.pods}`)
      return
    }
    if (tookMs > config.timeoutMs) {
      const text = `after ${tookMs} ms the data is not complete: ${top.missing.join('; ')}`
      throw new Error([text, ...deployment.lastLogLines()].join('\n  '))
    }
    await sleep(500, undefined, { signal })
  }
}

function summary({ model }: Cluster, tookMs: number): string {
  const pods = model.pods().filter(({ phase }) => phase === 'Running').length
  return `${JSON.stringify({ nodes: model.nodes().length, pods, completeAfterMs: tookMs, seed: model.seed })}\n`
}
