import { hostname } from 'node:os'
import { type FlagTable, readFlags } from '@metrics-ring/common/flags'
import { metricsServerFlags } from '@metrics-ring/common/metrics-server-flags'
import {
  type ClusterConfig,
  clusterFlags,
  dnsLabel,
  type ProcessConfig,
  processFlags,
  type RingConfig,
  readClusterFlags,
  readRingFlags,
  ringFlags,
  shown,
} from '@metrics-ring/common/service-flags'
import { readScrapeFlags, type ScrapeConfig, scrapeFlags } from './scrape-config.ts'

/** The flags of `metrics-ring shard`; names that metrics-server has mean what they mean there. */
export const shardFlags = {
  ...clusterFlags,
  ...ringFlags,
  'lease-namespace': { type: 'string', default: 'kube-system', help: 'Namespace of the Leases of the ring.' },
  identity: {
    type: 'string',
    env: 'POD_NAME',
    help: 'Name of this shard in the ring; the host name by default.',
  },
  'health-port': {
    type: 'int',
    default: '8080',
    help: 'Plain HTTP port for /livez, /readyz, /debug/ring and /debug/nodes.',
  },
  'health-address': { type: 'string', default: '', help: 'Address of the health port; all by default.' },
  ...scrapeFlags,
  ...processFlags,
} as const satisfies FlagTable

export type ShardConfig = ClusterConfig &
  RingConfig &
  ScrapeConfig &
  ProcessConfig & {
    leaseNamespace: string
    identity: string
    health: { port: number; address: string }
  }

/** Reads the command line of a shard; every fault is listed, each a sentence. Pure. */
export function readShardConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { config: ShardConfig; faults: string[]; show: 'help' | 'version' | undefined } {
  const { values, faults, ignored, files } = readFlags(shardFlags, argv, env, metricsServerFlags)
  const cluster = readClusterFlags(values)
  const { ring, faults: ringFaults } = readRingFlags(values)
  const { scrape, faults: scrapeFaults } = readScrapeFlags(values, cluster.intervalMs)
  const config: ShardConfig = {
    ...cluster,
    ...ring,
    ...scrape,
    leaseNamespace: values['lease-namespace'],
    identity: values.identity ?? hostname(),
    health: { port: values['health-port'], address: values['health-address'] },
    verbosity: values.v,
    ignored,
    files,
  }
  const nameFaults = dnsLabel.test(config.identity)
    ? []
    : [`--identity: "${config.identity}" is not a name that a Lease may have`]
  return {
    config,
    faults: [...faults, ...ringFaults, ...nameFaults, ...scrapeFaults],
    show: shown(values),
  }
}
