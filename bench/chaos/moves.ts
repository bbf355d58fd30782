import { setTimeout as sleep } from 'node:timers/promises'
import type { ServiceProcess } from '@metrics-ring/cli/demo/process'
import type { Site } from './site.ts'
import { untilReady } from './wait.ts'

/** What an operator or a Deployment does to our processes. */

/** Ends a shard in order; how long that took, milliseconds. */
export async function drain(shard: ServiceProcess | undefined): Promise<number> {
  const startedMs = Date.now()
  shard?.signal('SIGTERM')
  await shard?.exited
  return Date.now() - startedMs
}

export async function killShards({ deployment }: Site, count: number): Promise<void> {
  const victims = deployment.shards().slice(0, count)
  for (const victim of victims) victim.signal('SIGKILL')
  await Promise.all(victims.map(({ exited }) => exited))
}

/** Its kubelet starts it again. */
export async function killFrontend({ deployment }: Site): Promise<void> {
  const [victim] = deployment.frontends()
  if (!victim) throw new Error('there is no frontend')
  victim.signal('SIGKILL')
  await victim.exited
  await untilReady([deployment.restartFrontend(victim)])
}

export async function addShards({ deployment }: Site, count: number): Promise<void> {
  const added = await Promise.all(Array.from({ length: count }, () => deployment.addShard()))
  await untilReady(added)
}

/** maxSurge 1, maxUnavailable 0: a new one is ready before an old one is told to go. The longest drain, milliseconds. */
export async function rollShards(site: Site): Promise<number> {
  let longestMs = 0
  for (const old of site.deployment.shards()) {
    await addShards(site, 1)
    longestMs = Math.max(longestMs, await drain(old))
  }
  return longestMs
}

/** The same while every new shard is of the next release. */
export async function upgradeShards(site: Site): Promise<number> {
  const before = process.env.NODE_OPTIONS
  process.env.NODE_OPTIONS = `--import=${new URL('next-release.ts', import.meta.url)}`
  try {
    return await rollShards(site)
  } finally {
    if (before === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = before
  }
}

export async function rollFrontends(site: Site): Promise<void> {
  const { deployment } = site
  for (const old of deployment.frontends()) {
    await untilReady([deployment.restartFrontend(site.spare)])
    // The endpoints controller hears of it.
    await sleep(500)
    old.signal('SIGTERM')
    await old.exited
    site.spare = old
  }
}

export async function withoutApi(site: Site, ms: number, meanwhile: () => Promise<void> = async () => {}) {
  await site.listThrough('frontends')
  site.cluster.apiserver.setOutage('down')
  try {
    await Promise.all([sleep(ms), meanwhile()])
  } finally {
    site.cluster.apiserver.setOutage(undefined)
    // The aggregation layer finds its way back by its own probes; what it answers until then is not ours.
    await sleep(site.options.intervalMs)
    await site.listThrough('aggregator')
  }
}

/** Removes a node and adds another, again and again. */
export async function churnNodes(site: Site, ms: number, everyMs: number): Promise<void> {
  const endMs = Date.now() + ms
  for (let at = 0; Date.now() < endMs; at++) {
    const nodes = site.cluster.model.nodes()
    const victim = nodes[(at * 37) % nodes.length]
    if (victim) await site.pods.removeNode(victim.name)
    await site.pods.addNode()
    await sleep(everyMs)
  }
}
