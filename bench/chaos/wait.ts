import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceProcess } from '@metrics-ring/cli/demo/process'
import type { Site } from './site.ts'
import type { Listed } from './watcher.ts'

export type RingView = { shard: string; members: string[]; own: number; retained: number; adopted: number }

/** What each shard process says of the ring. */
export function rings({ deployment }: Pick<Site, 'deployment'>): Promise<RingView[]> {
  return Promise.all(
    deployment.shards().map(async ({ port }) => {
      const signal = AbortSignal.timeout(5_000)
      return (await (await fetch(`http://127.0.0.1:${port}/debug/ring`, { signal })).json()) as RingView
    }),
  )
}

/** Resolves when all shards agree on the ring, and nobody covers for anybody; false when that takes too long. */
export async function untilSettled(site: Site, withinMs: number): Promise<boolean> {
  const endMs = Date.now() + withinMs
  while (Date.now() < endMs) {
    const all = await rings(site).catch(() => [])
    const nodes = site.cluster.model.nodes().length
    const owned = all.reduce((count, { own }) => count + own, 0)
    const agreed = all.every(
      ({ members, retained, adopted }) => members.length === all.length && retained + adopted === 0,
    )
    if (all.length === site.deployment.shards().length && agreed && owned === nodes) return true
    await sleep(500)
  }
  return false
}

/** Resolves when every pod is served in a list that came without an error. */
export async function untilComplete({ lister, pods, bench }: Site, withinMs = 180_000): Promise<void> {
  const endMs = Date.now() + withinMs
  await pods.expectAll()
  for (;;) {
    await lister.ask({ do: 'start' })
    await sleep(2_000)
    const { lists, errors, missing, faults, slowestMs } = await lister.ask<Listed>({ do: 'stop' })
    if (lists > 0 && errors + missing.length === 0)
      return bench.progress(`complete; a list took ${slowestMs} ms`)
    if (Date.now() > endMs) throw new Error(`${missing.length} pods are missing; ${faults.join('; ')}`)
  }
}

/** Resolves when each process has answered its readiness probe. */
export async function untilReady(processes: readonly ServiceProcess[], withinMs = 120_000): Promise<void> {
  const endMs = Date.now() + withinMs
  for (const each of processes) {
    while (!(await isReady(each))) {
      if (!each.alive() || Date.now() > endMs) throw new Error(`${each.name} does not become ready`)
      await sleep(200)
    }
  }
}

/** A shard's probe is plain HTTP, a frontend's HTTPS. */
async function isReady({ name, port }: ServiceProcess): Promise<boolean> {
  if (!name.startsWith('frontend')) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    return answer?.status === 200
  }
  return new Promise((resolve) => {
    const probe = request(`https://127.0.0.1:${port}/readyz`, { rejectUnauthorized: false, timeout: 1_000 })
    probe.once('response', (response) => resolve(response.resume().statusCode === 200))
    probe.once('timeout', () => probe.destroy())
    probe.once('error', () => resolve(false))
    probe.end()
  })
}
