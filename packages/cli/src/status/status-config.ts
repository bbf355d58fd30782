import { type FlagTable, flagsHelp, readFlags } from '@metrics-ring/common/flags'
import { type RedisSource, readRedisFlags, redisFlags } from '@metrics-ring/common/redis/flags'

export const statusFlags = {
  kubeconfig: { type: 'string', help: 'Path to a kubeconfig; without it, the cluster this process runs in.' },
  ...redisFlags,
  'ring-name': { type: 'string', default: 'metrics-ring', help: 'Name of the ring.' },
  'lease-namespace': { type: 'string', default: 'kube-system', help: 'Namespace of the Leases of the ring.' },
  'metric-resolution': {
    type: 'duration',
    default: '15s',
    least: 3_000,
    help: 'Scrape interval of the shards: older than two of them is late.',
  },
  worst: {
    type: 'int',
    default: '10',
    least: 0,
    help: 'How many of the longest unscraped nodes are listed.',
  },
  node: {
    type: 'string',
    help: 'Tell also of this node: who scrapes it, when it last was, and why not since.',
  },
  redis: {
    type: 'bool',
    help: 'Tell also what the ring costs Redis: bytes, commands, keys. Takes an interval.',
  },
  json: { type: 'bool', help: 'Print JSON.' },
  watch: {
    type: 'bool',
    short: 'w',
    help: 'Print again every two seconds, until Ctrl-C, and how many pods the API serves.',
  },
  help: { type: 'bool', short: 'h', help: 'Print this help and exit.' },
} as const satisfies FlagTable

export const statusHelp = `Prints the ring: its shards as their Leases and the store show them, and the longest unscraped nodes.

Usage: metrics-ring status [flags]

${flagsHelp(statusFlags)}

The exit code is 0 if every node was scraped within two intervals, 1 if not, 2 if the flags are wrong.
`

export type StatusConfig = {
  kubeconfig: string | undefined
  redis: RedisSource
  ringName: string
  leaseNamespace: string
  intervalMs: number
  worst: number
  /** Node to tell of, whatever its age. */
  asked?: string
  /** Tell what the ring costs Redis. */
  cost: boolean
  json: boolean
  watch: boolean
}

export function readStatusConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { config: StatusConfig; faults: string[]; help: boolean } {
  const { values, faults } = readFlags(statusFlags, argv, env)
  const { redis, faults: redisFaults } = readRedisFlags(values)
  const config: StatusConfig = {
    kubeconfig: values.kubeconfig,
    redis,
    ringName: values['ring-name'],
    leaseNamespace: values['lease-namespace'],
    intervalMs: values['metric-resolution'],
    worst: values.worst,
    ...(values.node === undefined ? {} : { asked: values.node }),
    cost: values.redis,
    json: values.json,
    watch: values.watch,
  }
  return { config, faults: [...faults, ...redisFaults], help: values.help }
}
