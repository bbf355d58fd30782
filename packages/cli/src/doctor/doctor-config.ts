import { type FlagTable, flagsHelp, readFlags } from '@metrics-ring/common/flags'
import { type RedisSource, readRedisFlags, redisFlags } from '@metrics-ring/common/redis/flags'
import { readScrapeFlags, type ScrapeConfig, scrapeFlags } from '@metrics-ring/shard/scrape-config'

export const doctorFlags = {
  kubeconfig: {
    type: 'string',
    env: 'KUBECONFIG',
    help: 'Path to a kubeconfig; by default the cluster this process runs in, else ~/.kube/config.',
  },
  ...redisFlags,
  'ring-name': { type: 'string', default: 'metrics-ring', help: 'Name of the ring.' },
  'lease-namespace': { type: 'string', default: 'kube-system', help: 'Namespace of the Leases of the ring.' },
  'metric-resolution': { type: 'duration', default: '15s', least: 3_000, help: 'Interval of the shards.' },
  ...scrapeFlags,
  kubelets: {
    type: 'int',
    default: '20',
    least: 0,
    help: 'How many kubelets are asked, those without recent samples first.',
  },
  json: { type: 'bool', help: 'Print JSON.' },
  help: { type: 'bool', short: 'h', help: 'Print this help and exit.' },
} as const satisfies FlagTable

export const doctorHelp = `Looks for what is wrong between kube-apiserver, frontends, Redis, shards and kubelets, and says how to mend it.
It changes nothing but one key in Redis that is gone a second later.

Usage: metrics-ring doctor [flags]

${flagsHelp(doctorFlags)}

What is not given is taken from the flags of the Deployments of metrics-ring, in a pod of them from its own. Without --redis-url
(or REDIS_URL) Redis is not looked at.

The exit code is 0 if all is well, 1 if something was found, 2 if the flags or the kubeconfig are wrong.
`

export type DoctorConfig = ScrapeConfig & {
  kubeconfig: string | undefined
  /** Undefined: Redis is not looked at. */
  redis: RedisSource | undefined
  ringName: string
  leaseNamespace: string
  intervalMs: number
  /** Most kubelets that are asked. */
  kubelets: number
  json: boolean
}

export type ReadDoctorConfig = { config: DoctorConfig; faults: string[]; help: boolean }

/** A hung kubelet must not take the doctor's whole time, milliseconds. */
const kubeletTimeoutMs = 4_000

/**
 * Reads the command line; every fault is a sentence. Pure.
 * @param installed flags of the Deployments, or of the pod we are in (whose files we have): they count where the
 *   command line says nothing
 */
export function readDoctorConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  installed: { args: readonly string[]; filesAreHere: boolean } = { args: [], filesAreHere: false },
): ReadDoctorConfig {
  const { given } = readFlags(doctorFlags, argv)
  const also = installed.args.filter(
    (each) => isOfUse(each, installed.filesAreHere) && !given.has(nameOf(each)),
  )
  const { values, faults } = readFlags(doctorFlags, [...also, ...argv], env)
  const hasRedis = values['redis-url'] !== undefined
  const { redis, faults: redisFaults } = readRedisFlags(values)
  const { scrape, faults: scrapeFaults } = readScrapeFlags(values, values['metric-resolution'])
  const config: DoctorConfig = {
    kubeconfig: values.kubeconfig,
    redis: hasRedis ? redis : undefined,
    ringName: values['ring-name'],
    leaseNamespace: values['lease-namespace'],
    intervalMs: values['metric-resolution'],
    kubelet: { ...scrape.kubelet, timeoutMs: Math.min(kubeletTimeoutMs, scrape.kubelet.timeoutMs) },
    nodeSelector: scrape.nodeSelector,
    kubelets: values.kubelets,
    json: values.json,
  }
  return { config, faults: [...faults, ...(hasRedis ? redisFaults : []), ...scrapeFaults], help: values.help }
}

function nameOf(argument: string): string {
  return argument.replace(/^--?/, '').split('=')[0] ?? ''
}

/** What else is in the flags of a pod is not for us: its Redis has its password elsewhere, its files are not here. */
function isOfUse(argument: string, filesAreHere: boolean): boolean {
  const name = nameOf(argument)
  if (!argument.startsWith('--')) return false
  return (
    ofRing.includes(name) ||
    (name in scrapeFlags && (filesAreHere || !/-(authority|certificate|key)$/.test(name)))
  )
}

const ofRing: readonly string[] = ['ring-name', 'lease-namespace', 'metric-resolution']
