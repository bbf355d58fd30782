import type { FlagTable, FlagValues } from './flags.ts'
import { type RedisSource, readRedisFlags, redisFlags } from './redis/flags.ts'

/** Flags of every service: which cluster, and how often. */
export const clusterFlags = {
  kubeconfig: { type: 'file', help: 'Path to a kubeconfig; without it, the cluster this process runs in.' },
  'metric-resolution': {
    type: 'duration',
    default: '15s',
    least: 3_000,
    help: 'Interval at which every kubelet is scraped.',
  },
} as const satisfies FlagTable

/** Flags of the services that meet in Redis. */
export const ringFlags = {
  ...redisFlags,
  'ring-name': {
    type: 'string',
    default: 'metrics-ring',
    help: 'Shards, frontends and keys of one name belong together.',
  },
} as const satisfies FlagTable

/** Flags of every service that concern the process itself. */
export const processFlags = {
  v: { type: 'int', default: '0', help: 'Verbosity of the log; 4 and above for debugging.' },
  version: { type: 'bool', help: 'Print the version and exit.' },
  help: { type: 'bool', short: 'h', help: 'Print this help and exit.' },
} as const satisfies FlagTable

export type ClusterConfig = {
  /** Undefined: the cluster this process runs in. */
  kubeconfig: string | undefined
  /** W, milliseconds. */
  intervalMs: number
}

export type RingConfig = { redis: RedisSource; ringName: string }

export type ProcessConfig = {
  verbosity: number
  /** Given, accepted, and without meaning here: worth one warning. */
  ignored: string[]
  /** Files that flags name. */
  files: string[]
}

export function readClusterFlags(values: FlagValues<typeof clusterFlags>): ClusterConfig {
  return { kubeconfig: values.kubeconfig, intervalMs: values['metric-resolution'] }
}

/** A name that a Lease may have. */
export const dnsLabel = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/

/** A sentence for each fault. Pure. */
export function readRingFlags(values: FlagValues<typeof ringFlags>): { ring: RingConfig; faults: string[] } {
  const { redis, faults } = readRedisFlags(values)
  const ringName = values['ring-name']
  if (!dnsLabel.test(ringName)) faults.push(`--ring-name: "${ringName}" is not a name that a Lease may have`)
  return { ring: { redis, ringName }, faults }
}

/** What was asked for instead of a start. */
export function shown({
  help,
  version,
}: {
  help: boolean
  version: boolean
}): 'help' | 'version' | undefined {
  return help ? 'help' : version ? 'version' : undefined
}
