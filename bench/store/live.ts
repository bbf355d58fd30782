import { startComplete } from '../compare/run-system.ts'
import { type Site, startSite } from '../compare/site.ts'
import { type Row, row, watchIdle } from '../rows.ts'
import type { Bench } from '../scenario.ts'
import { watchRedis } from './redis-facts.ts'

export type LiveOptions = { nodes: number; podsPerNode: number; intervalMs: number; intervals: number }

/** A whole installation over real kubelets: what it asks of Redis, by Redis' own count. */
export async function measureLive(bench: Bench, options: LiveOptions): Promise<Row[]> {
  const site = await startSite(bench, { ...options, containers: 2, seed: 1, samplings: ['cadvisor', 'cri'] })
  try {
    return await measureInstalled(bench, site, options)
  } finally {
    // What comes after is measured without it.
    await site.stop()
  }
}

async function measureInstalled(
  bench: Bench,
  site: Site,
  { nodes, intervalMs, intervals }: LiveOptions,
): Promise<Row[]> {
  const plan = { name: '3 shards, 2 frontends', kind: 'sharded', shards: 3, frontends: 2 } as const
  const { system } = await startComplete(bench, site, plan)
  try {
    if (!system.redis) throw new Error(`${plan.name} without Redis`)
    await bench.wait(intervalMs, `${plan.name} over ${nodes} nodes settle`)
    const facts = watchRedis(system.redis)
    const [before, idle, fromMs] = [await facts.read(), watchIdle(), Date.now()]
    await bench.wait(intervals * intervalMs, `measuring ${intervals} intervals`)
    const [after, idleShare, toMs] = [await facts.read(), idle(), Date.now()]
    facts.close()
    const tookMs = toMs - fromMs
    const scrapes = (await site.scrapes(fromMs, toMs)).reduce((sum, each) => sum + each.scrapes, 0)

    const written = after.written - before.written
    const read = after.sent - before.sent - written
    const at = `${nodes} nodes, ${plan.name}`
    return [
      row(`${at}: scrapes of a node in an interval`, (scrapes * intervalMs) / (nodes * tookMs), ''),
      // One, and what is scraped on one edge of the window but written on its other side.
      row(`${at}: writes a scrape`, written / scrapes, 'commands', { is: '<=', value: 1.01 }),
      row(`${at}: reads a scrape`, read / scrapes, 'commands', { is: '<=', value: 0.2 }),
      row(`${at}: CPU of Redis`, ((after.cpuMs - before.cpuMs) / tookMs) * 100, '% of a core'),
      row(`${at}: idle CPU of the machine`, idleShare, 'share'),
    ]
  } finally {
    await system.stop()
  }
}
