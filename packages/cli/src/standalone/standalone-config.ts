import { type FlagTable, readFlags } from '@metrics-ring/common/flags'
import { metricsServerFlags } from '@metrics-ring/common/metrics-server-flags'
import {
  clusterFlags,
  type ProcessConfig,
  processFlags,
  readClusterFlags,
  shown,
} from '@metrics-ring/common/service-flags'
import { readServeFlags, type ServeConfig, serveFlags } from '@metrics-ring/frontend/serve-config'
import { readScrapeFlags, type ScrapeConfig, scrapeFlags } from '@metrics-ring/shard/scrape-config'

/** The flags of `metrics-ring standalone`: those of metrics-server, and what both tiers have besides them. */
export const standaloneFlags = {
  ...clusterFlags,
  ...scrapeFlags,
  ...serveFlags,
  ...processFlags,
} as const satisfies FlagTable

export type StandaloneConfig = ScrapeConfig & ServeConfig & ProcessConfig

/** Reads the command line; every fault is listed, each a sentence. Pure. */
export function readStandaloneConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { config: StandaloneConfig; faults: string[]; show: 'help' | 'version' | undefined } {
  const { values, faults, given, ignored, files } = readFlags(standaloneFlags, argv, env, metricsServerFlags)
  const cluster = readClusterFlags(values)
  const { scrape, faults: scrapeFaults } = readScrapeFlags(values, cluster.intervalMs)
  const { serve, faults: serveFaults } = readServeFlags(values, given, cluster)
  return {
    config: { ...scrape, ...serve, verbosity: values.v, ignored, files },
    faults: [...faults, ...scrapeFaults, ...serveFaults],
    show: shown(values),
  }
}
