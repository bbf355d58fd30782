import type { FlagTable, FlagValues } from '@metrics-ring/common/flags'
import type { EndpointChoice } from './kubelet/endpoint.ts'

/** The flags of whoever scrapes; names that metrics-server has mean what they mean there. */
export const scrapeFlags = {
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
    type: 'file',
    help: 'CA file for kubelets; the CA of the API server by default.',
  },
  'kubelet-client-certificate': {
    type: 'file',
    help: 'Client certificate file for kubelets, instead of a token.',
  },
  'kubelet-client-key': { type: 'file', help: 'Key file of the client certificate.' },
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
} as const satisfies FlagTable

export type ScrapeConfig = {
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
}

/** A sentence for each fault. Pure. */
export function readScrapeFlags(
  values: FlagValues<typeof scrapeFlags>,
  intervalMs: number,
): { scrape: ScrapeConfig; faults: string[] } {
  const kubelet: ScrapeConfig['kubelet'] = {
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
  }
  const scrape = { kubelet, nodeSelector: values['node-selector'] ?? '' }
  return { scrape, faults: contradictions(kubelet, intervalMs) }
}

function contradictions(kubelet: ScrapeConfig['kubelet'], intervalMs: number): string[] {
  const faults: string[] = []
  const wrong = (is: boolean, sentence: string) => {
    if (is) faults.push(sentence)
  }
  wrong(kubelet.timeoutMs <= 0, '--kubelet-request-timeout must be more than 0')
  wrong(
    kubelet.timeoutMs * 1.1 > intervalMs,
    `--kubelet-request-timeout (${kubelet.timeoutMs / 1000}s) must be well below --metric-resolution (${intervalMs / 1000}s)`,
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
