import { type Failure, failure } from './reasons.ts'

/** A kubelet to scrape. */
export type KubeletTarget = {
  /** Name and uid of the Node. */
  node: string
  uid: string
  /** Candidates in the order to try them; IPv6 without brackets. */
  addresses: string[]
  port: number
  /** Begins with a slash. */
  path: string
}

/** What is read of a Node object. */
export type NodeObject = {
  metadata?: { name?: string; uid?: string; annotations?: Record<string, string> }
  status?: {
    addresses?: { type: string; address: string }[]
    daemonEndpoints?: { kubeletEndpoint?: { Port?: number } }
  }
}

export type KubeletTargetOptions = {
  /** `--kubelet-preferred-address-types` */
  addressTypes: string[]
  /** `--kubelet-port` */
  port: number
  /** `--kubelet-use-node-status-port`: where the Node says a port, it is used. */
  useNodeStatusPort: boolean
}

/** metrics-server's default of `--kubelet-preferred-address-types` (pkg/utils/address_resolver.go). */
export const DEFAULT_ADDRESS_TYPES = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP']

export const PATH_ANNOTATION = 'metrics.k8s.io/resource-metrics-path'
export const DEFAULT_PATH = '/metrics/resource'

/** Where to scrape a Node: every address of a preferred type, by type, then as the Node lists them. */
export function kubeletTarget(
  node: NodeObject,
  options: KubeletTargetOptions,
): { ok: true; target: KubeletTarget } | Failure {
  const listed = node.status?.addresses ?? []
  const preferred = options.addressTypes.flatMap((type) => listed.filter((each) => each.type === type))
  const addresses = [...new Set(preferred.map((each) => each.address).filter(isAddress))]
  if (addresses.length === 0) {
    const types = listed.map((each) => each.type).join(', ') || 'none'
    return failure('no_address', `the Node has addresses of the types: ${types}`)
  }
  const path = node.metadata?.annotations?.[PATH_ANNOTATION] || DEFAULT_PATH
  if (!isPath(path)) return failure('bad_path', `not a path: ${JSON.stringify(path.slice(0, 100))}`)
  const statusPort = node.status?.daemonEndpoints?.kubeletEndpoint?.Port
  const port = options.useNodeStatusPort && isPort(statusPort) ? statusPort : options.port
  const { name = '', uid = '' } = node.metadata ?? {}
  return { ok: true, target: { node: name, uid, addresses, port, path } }
}

/** An IP address or a DNS name; anything else must not become part of a URL. */
function isAddress(address: string): boolean {
  return /^[\w.:-]{1,253}$/.test(address)
}

/** What may stand in a request line as it is. */
function isPath(path: string): boolean {
  return /^\/[\x21-\x7e]{0,1023}$/.test(path) && !path.includes('#')
}

function isPort(port: number | undefined): port is number {
  return port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536
}
