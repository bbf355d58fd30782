import { hostname } from 'node:os'
import { type FlagTable, readFlags } from '@metrics-ring/common/flags'
import { metricsServerFlags } from '@metrics-ring/common/metrics-server-flags'
import { type RedisSource, readRedisFlags, redisFlags } from '@metrics-ring/common/redis/flags'
import type { EndpointChoice } from './kubelet/endpoint.ts'

/** The flags of `metrics-ring shard`; names that metrics-server has mean what they mean there. */
export const shardFlags = {
  kubeconfig: { type: 'string', help: 'Path to a kubeconfig; without it, the cluster this process runs in.' },
  'metric-resolution': {
    type: 'duration',
    default: '15s',
    least: 3_000,
    help: 'Interval at which every kubelet is scraped.',
  },
  ...redisFlags,
  'ring-name': {
    type: 'string',
    default: 'metrics-ring',
    help: 'Shards, frontends and keys of one name belong together.',
  },
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
  'kubelet-port': { type: 'int', default: '10250', least: 1, help: 'Port of the kubelets.' },
  'kubelet-use-node-status-port': {
    type: 'bool',
    help: 'Take the port from the status of the Node; wins over --kubelet-port.',
  },
  'kubelet-preferred-address-types': {
    type: 'list',
    default: 'Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP',
    help: 'Order in which the addresses of a Node are tried.',
  },
  'kubelet-insecure-tls': { type: 'bool', help: 'Do not verify the certificates of kubelets.' },
  'kubelet-tls-server-name': {
    type: 'string',
    default: 'address',
    oneOf: ['address', 'node'],
    help: 'What a kubelet certificate must name: the address dialled, or the Node.',
  },
  'kubelet-certificate-authority': {
    type: 'string',
    help: 'CA file for kubelets; the CA of the API server by default.',
  },
  'kubelet-client-certificate': {
    type: 'string',
    help: 'Client certificate file for kubelets, instead of a token.',
  },
  'kubelet-client-key': { type: 'string', help: 'Key file of the client certificate.' },
  'kubelet-endpoint': {
    type: 'string',
    default: 'auto',
    oneOf: ['auto', 'resource', 'summary'],
    help: 'Ask for /metrics/resource, /stats/summary, or the latter only of kubelets that lack the former.',
  },
  'kubelet-request-timeout': {
    type: 'duration',
    help: 'Bound on one scrape; 10s by default, less at short intervals.',
  },
  'node-selector': {
    type: 'string',
    short: 'l',
    help: 'Scrape only the Nodes that this label selector matches.',
  },
  v: { type: 'int', default: '0', help: 'Verbosity of the log; 4 and above for debugging.' },
  version: { type: 'bool', help: 'Print the version and exit.' },
  help: { type: 'bool', short: 'h', help: 'Print this help and exit.' },
} as const satisfies FlagTable

export type ShardConfig = {
  kubeconfig: string | undefined
  intervalMs: number
  redis: RedisSource
  ringName: string
  leaseNamespace: string
  identity: string
  health: { port: number; address: string }
  kubelet: {
    port: number
    useNodeStatusPort: boolean
    addressTypes: string[]
    insecureTls: boolean
    serverName: 'address' | 'node'
    caFile: string | undefined
    certFile: string | undefined
    keyFile: string | undefined
    endpoint: EndpointChoice
    timeoutMs: number
  }
  nodeSelector: string
  verbosity: number
  /** Given, accepted, and without meaning here: worth one warning. */
  ignored: string[]
}

/** Reads the command line of a shard; every fault is listed, each a sentence. Pure. */
export function readShardConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): { config: ShardConfig; faults: string[]; show: 'help' | 'version' | undefined } {
  const { values, faults, ignored } = readFlags(shardFlags, argv, env, metricsServerFlags)
  const intervalMs = values['metric-resolution']
  const { redis, faults: redisFaults } = readRedisFlags(values)
  const config: ShardConfig = {
    kubeconfig: values.kubeconfig,
    intervalMs,
    redis,
    ringName: values['ring-name'],
    leaseNamespace: values['lease-namespace'],
    identity: values.identity ?? hostname(),
    health: { port: values['health-port'], address: values['health-address'] },
    kubelet: {
      port: values['kubelet-port'],
      useNodeStatusPort: values['kubelet-use-node-status-port'],
      addressTypes: values['kubelet-preferred-address-types'],
      insecureTls: values['kubelet-insecure-tls'],
      serverName: values['kubelet-tls-server-name'] === 'node' ? 'node' : 'address',
      caFile: values['kubelet-certificate-authority'],
      certFile: values['kubelet-client-certificate'],
      keyFile: values['kubelet-client-key'],
      endpoint: values['kubelet-endpoint'] as EndpointChoice,
      timeoutMs: values['kubelet-request-timeout'] ?? Math.min(10_000, (2 * intervalMs) / 3),
    },
    nodeSelector: values['node-selector'] ?? '',
    verbosity: values.v,
    ignored,
  }
  const show = values.help ? 'help' : values.version ? 'version' : undefined
  return { config, faults: [...faults, ...redisFaults, ...contradictions(config)], show }
}

const dnsLabel = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/

function contradictions({ kubelet, ...config }: ShardConfig): string[] {
  const faults: string[] = []
  const wrong = (is: boolean, sentence: string) => {
    if (is) faults.push(sentence)
  }
  wrong(
    !dnsLabel.test(config.identity),
    `--identity: "${config.identity}" is not a name that a Lease may have`,
  )
  wrong(
    !dnsLabel.test(config.ringName),
    `--ring-name: "${config.ringName}" is not a name that a Lease may have`,
  )
  wrong(kubelet.timeoutMs <= 0, '--kubelet-request-timeout must be more than 0')
  wrong(
    kubelet.timeoutMs * 1.1 > config.intervalMs,
    `--kubelet-request-timeout (${kubelet.timeoutMs / 1000}s) must be well below --metric-resolution (${config.intervalMs / 1000}s)`,
  )
  wrong(
    (kubelet.certFile === undefined) !== (kubelet.keyFile === undefined),
    '--kubelet-client-certificate and --kubelet-client-key go together',
  )
  wrong(
    kubelet.insecureTls && kubelet.caFile !== undefined,
    '--kubelet-insecure-tls contradicts --kubelet-certificate-authority',
  )
  return faults
}
