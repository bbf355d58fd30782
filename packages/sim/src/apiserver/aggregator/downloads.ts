/** Keeps what each Service says of itself: its discovery and its OpenAPI paths. */
import { at, isRecord } from '../objects.ts'
import type { PathItem } from '../openapi.ts'
import { fetchDiscovery, type ServiceDiscovery } from './discovery.ts'
import type { Target } from './endpoints.ts'
import { fetchText } from './fetch.ts'
import type { Pool } from './pool.ts'

export type Download = {
  /** The last one that arrived. */
  discovery?: ServiceDiscovery
  /** The last attempt failed. */
  stale: boolean
  openApi: Record<string, PathItem>
}
type Job = { running: boolean; again: boolean; failures: number; timer?: NodeJS.Timeout }

/** What to download for a Service now: undefined once no APIService names it. */
export type Subject = { target: Target; groupVersions: string[] } | undefined
export type Downloads = ReturnType<typeof createDownloads>

/** Every Service is asked when told to, at an interval, and after failures with backoff from 500 ms. */
export function createDownloads(pool: Pool, subjectOf: (service: string) => Subject, intervalMs: number) {
  const known = new Map<string, Download>()
  const jobs = new Map<string, Job>()
  let stopped = false

  async function refresh(service: string): Promise<void> {
    const job = jobs.get(service) ?? { running: false, again: false, failures: 0 }
    jobs.set(service, job)
    job.again = true
    if (job.running) return
    job.running = true
    while (job.again && !stopped) {
      job.again = false
      clearTimeout(job.timer)
      const subject = subjectOf(service)
      if (!subject) break
      job.failures = (await attempt(service, subject)) ? 0 : job.failures + 1
      const backoffMs = Math.min(250 * 2 ** job.failures, intervalMs)
      if (!stopped)
        job.timer = setTimeout(() => void refresh(service), job.failures > 0 ? backoffMs : intervalMs)
    }
    job.running = false
  }

  async function attempt(service: string, { target, groupVersions }: NonNullable<Subject>): Promise<boolean> {
    const before = known.get(service)
    try {
      const discovery = await fetchDiscovery(pool, target, groupVersions, before?.discovery)
      known.set(service, { discovery, stale: false, openApi: before?.openApi ?? {} })
      known.set(service, { discovery, stale: false, openApi: await fetchOpenApi(pool, target) })
      return true
    } catch {
      if (!known.get(service)?.discovery || before === known.get(service)) {
        known.set(service, { ...(before ?? { openApi: {} }), stale: true })
      }
      return false
    }
  }

  return {
    refresh: (service: string): void => void refresh(service),
    of: (service: string): Download | undefined => known.get(service),
    all: (): Download[] => [...known.values()],
    stop(): void {
      stopped = true
      for (const { timer } of jobs.values()) clearTimeout(timer)
    },
  }
}

async function fetchOpenApi(pool: Pool, target: Target): Promise<Record<string, PathItem>> {
  const user = { name: 'system:aggregator', groups: [] }
  const answer = await fetchText(pool, target, '/openapi/v3', user, {}, 5000)
  const paths = answer.status === 200 ? at(JSON.parse(answer.text), 'paths') : {}
  return isRecord(paths) ? (paths as Record<string, PathItem>) : {}
}
