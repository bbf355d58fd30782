import { errorText } from '@metrics-ring/common/errors'
import { type FlagTable, flagsHelp, readFlags } from '@metrics-ring/common/flags'
import { parseRedisUrl } from '@metrics-ring/common/redis/url'

export const demoFlags = {
  nodes: { type: 'int', default: '20', least: 1, help: 'Nodes of the simulated cluster.' },
  'pods-per-node': { type: 'int', default: '5', least: 1, help: 'Pods on each node.' },
  shards: { type: 'int', default: '3', least: 1, help: 'Shard processes.' },
  frontends: { type: 'int', default: '2', least: 1, help: 'Frontend processes.' },
  'metric-resolution': {
    type: 'duration',
    default: '3s',
    least: 3_000,
    help: 'Scrape interval; the kubelets refresh their readings in proportion.',
  },
  sampling: {
    type: 'string',
    default: 'cadvisor',
    oneOf: ['cadvisor', 'cri'],
    help: 'When kubelets take their readings: cadvisor (on their own) or cri (when asked).',
  },
  seed: { type: 'int', help: 'Seed of the simulated cluster; a random one by default.' },
  'redis-url': { type: 'string', help: 'Use this Redis instead of a private one.' },
  once: { type: 'bool', help: 'Wait for complete data, print what kubectl top prints, and exit.' },
  json: { type: 'bool', help: 'With --once, print a summary as JSON instead.' },
  timeout: { type: 'duration', default: '3m', help: 'How long --once waits for complete data.' },
  story: {
    type: 'string',
    oneOf: ['hpa'],
    help: 'Tell a story instead, and exit. hpa: what an autoscaler sees when a scrape is lost.',
  },
  help: { type: 'bool', short: 'h', help: 'Print this help and exit.' },
} as const satisfies FlagTable

export const demoHelp = `Runs metrics-ring in a simulated cluster: a kube-apiserver and kubelets that play the real protocol, a private
Redis, and shards and frontends as processes of their own. Shows the ring and what kubectl top prints, live, until
Ctrl-C; keys kill, drain, pause and add shards. Everything listens on loopback, and nothing is left behind.

Usage: metrics-ring demo [flags]

${flagsHelp(demoFlags)}

Examples:

  metrics-ring demo --shards 5
  metrics-ring demo --nodes 100 --pods-per-node 30 --once

With --once, what was asked for goes to stdout and everything else to stderr. The exit code is 0 if all data came
in time, 1 if not (stderr says what is missing), 2 if the flags are wrong.
`

export type DemoConfig = {
  nodes: number
  podsPerNode: number
  shards: number
  frontends: number
  intervalMs: number
  sampling: 'cadvisor' | 'cri'
  seed: number | undefined
  redisUrl: string | undefined
  once: boolean
  json: boolean
  timeoutMs: number
  story: string | undefined
}

export function readDemoConfig(argv: readonly string[]): {
  config: DemoConfig
  faults: string[]
  help: boolean
} {
  const { values, faults } = readFlags(demoFlags, argv)
  const config: DemoConfig = {
    nodes: values.nodes,
    podsPerNode: values['pods-per-node'],
    shards: values.shards,
    frontends: values.frontends,
    intervalMs: values['metric-resolution'],
    sampling: values.sampling === 'cri' ? 'cri' : 'cadvisor',
    seed: values.seed,
    redisUrl: values['redis-url'],
    once: values.once,
    json: values.json,
    timeoutMs: values.timeout,
    story: values.story,
  }
  if (config.json && !config.once) faults.push('--json goes with --once')
  if (config.once && config.story) faults.push('--once and --story exclude each other')
  if (config.redisUrl !== undefined) faults.push(...redisFaults(config.redisUrl))
  return { config, faults, help: values.help }
}

function redisFaults(url: string): string[] {
  try {
    parseRedisUrl(url)
    return []
  } catch (error) {
    return [`--redis-url: ${errorText(error)}`]
  }
}
