import type { FlagTable, FlagValues } from '@metrics-ring/common/flags'
import type { ClusterConfig } from '@metrics-ring/common/service-flags'
import { defaultAlwaysAllowPaths } from './trust/authz.ts'
import type { TrustFlags } from './trust/trust-settings.ts'

/** The flags of whoever serves the Metrics API; names that metrics-server has mean what they mean there. */
export const serveFlags = {
  'max-sample-age': {
    type: 'duration',
    least: 1_000,
    help: 'Samples are served until so long after their scrape, and 2s for their successor to come; four intervals, at least 60s, by default.',
  },
  swap: { type: 'bool', default: 'true', help: 'Serve swap where the kubelets report it.' },
  'secure-port': { type: 'int', default: '443', help: 'Port for HTTPS; 0 for any free one.' },
  'bind-address': {
    type: 'string',
    default: '0.0.0.0',
    help: 'Address to listen on; unspecified (0.0.0.0 or ::) means all, of either family.',
  },
  'cert-dir': {
    type: 'string',
    default: 'apiserver.local.config/certificates',
    help: 'Where a self-signed certificate is made and kept when none is given.',
  },
  'serving-secret': {
    type: 'string',
    help: 'Secret (namespace/name) in which all replicas keep and renew one CA and serving certificate, which they have the APIServices trust.',
  },
  'serving-services': {
    type: 'list',
    default: 'metrics-server',
    help: 'Services, in the namespace of --serving-secret, that its certificate names; APIServices of the first are made to trust it.',
  },
  'tls-cert-file': {
    type: 'file',
    help: 'Serving certificate, with its chain; read again when it changes.',
  },
  'tls-private-key-file': { type: 'file', help: 'Key of --tls-cert-file.' },
  'tls-min-version': {
    type: 'string',
    default: 'VersionTLS12',
    oneOf: ['VersionTLS12', 'VersionTLS13'],
    help: 'Least TLS version served.',
  },
  'tls-cipher-suites': { type: 'list', help: 'Cipher suites for TLS 1.2, by their IANA names.' },
  'client-ca-file': { type: 'file', help: "CA of client certificates, instead of the ConfigMap's." },
  'requestheader-client-ca-file': {
    type: 'file',
    help: "CA of front proxies, instead of the ConfigMap's.",
  },
  'requestheader-allowed-names': { type: 'list', help: 'Common names of front proxies.' },
  'requestheader-username-headers': { type: 'list', help: 'Headers that name the user.' },
  'requestheader-uid-headers': { type: 'list', help: 'Headers that give the uid of the user.' },
  'requestheader-group-headers': { type: 'list', help: 'Headers that name the groups.' },
  'requestheader-extra-headers-prefix': { type: 'list', help: 'Prefixes of headers with extra attributes.' },
  'authentication-kubeconfig': {
    type: 'file',
    help: 'Kubeconfig for TokenReviews; --kubeconfig by default.',
  },
  'authentication-skip-lookup': { type: 'bool', help: 'Do not read the authentication ConfigMap.' },
  'authentication-tolerate-lookup-failure': {
    type: 'bool',
    help: 'Start even where the authentication ConfigMap may not be read.',
  },
  'authentication-token-webhook-cache-ttl': {
    type: 'duration',
    default: '10s',
    help: 'How long a TokenReview is remembered.',
  },
  'authorization-kubeconfig': {
    type: 'file',
    help: 'Kubeconfig for SubjectAccessReviews; --kubeconfig by default.',
  },
  'authorization-always-allow-paths': {
    type: 'list',
    default: defaultAlwaysAllowPaths.join(','),
    help: 'Paths that anybody may get.',
  },
  'authorization-webhook-cache-authorized-ttl': {
    type: 'duration',
    default: '10s',
    help: 'How long a SubjectAccessReview that allows is remembered.',
  },
  'authorization-webhook-cache-unauthorized-ttl': {
    type: 'duration',
    default: '10s',
    help: 'How long a SubjectAccessReview that denies is remembered.',
  },
  'max-requests-inflight': {
    type: 'int',
    default: '400',
    help: 'Requests answered at a time; 0 for no limit. Masters are exempt.',
  },
  'admin-port': {
    type: 'int',
    default: '0',
    help: 'Port of the status page /ring: plain HTTP, on loopback only (kubectl port-forward); 0 for none.',
  },
  'shutdown-delay-duration': {
    type: 'duration',
    default: '0s',
    help: 'How long to go on serving, not ready, after the signal to stop.',
  },
} as const satisfies FlagTable

export type ServeConfig = ClusterConfig & {
  authenticationKubeconfig: string | undefined
  authorizationKubeconfig: string | undefined
  maxAgeMs: number
  swap: boolean
  /** `address` undefined: all addresses. */
  listen: { port: number; address: string | undefined }
  /** A pair of files, a Secret that all replicas share, or the directory of a generated pair. */
  certificate:
    | { certFile: string; keyFile: string }
    | { secret: { namespace: string; name: string }; services: string[] }
    | { directory: string }
  tls: { minVersion: 'TLSv1.2' | 'TLSv1.3'; ciphers: string }
  trust: TrustFlags
  tokenTtlMs: number
  allowedTtlMs: number
  deniedTtlMs: number
  alwaysAllowPaths: string[]
  /** 0: no limit. */
  mostInFlight: number
  shutdownDelayMs: number
  /** Of the status page; 0: none. */
  adminPort: number
}

/** @param given names of the flags that were given. A sentence for each fault. Pure. */
export function readServeFlags(
  values: FlagValues<typeof serveFlags>,
  given: ReadonlySet<string>,
  cluster: ClusterConfig,
): { serve: ServeConfig; faults: string[] } {
  const certFile = values['tls-cert-file']
  const keyFile = values['tls-private-key-file']
  const secret = values['serving-secret']
  const address = values['bind-address']
  const serve: ServeConfig = {
    ...cluster,
    authenticationKubeconfig: values['authentication-kubeconfig'] ?? cluster.kubeconfig,
    authorizationKubeconfig: values['authorization-kubeconfig'] ?? cluster.kubeconfig,
    maxAgeMs: values['max-sample-age'] ?? Math.max(4 * cluster.intervalMs, 60_000),
    swap: values.swap,
    listen: {
      port: values['secure-port'],
      address: ['', '0.0.0.0', '::'].includes(address) ? undefined : address,
    },
    certificate:
      certFile && keyFile
        ? { certFile, keyFile }
        : secret
          ? { secret: secretName(secret), services: values['serving-services'] }
          : { directory: values['cert-dir'] },
    tls: {
      minVersion: values['tls-min-version'] === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2',
      ciphers: values['tls-cipher-suites'].join(':'),
    },
    trust: {
      clientCaFile: values['client-ca-file'],
      requestheaderClientCaFile: values['requestheader-client-ca-file'],
      requestheaderAllowedNames: values['requestheader-allowed-names'],
      requestheaderUsernameHeaders: values['requestheader-username-headers'],
      requestheaderUidHeaders: values['requestheader-uid-headers'],
      requestheaderGroupHeaders: values['requestheader-group-headers'],
      requestheaderExtraHeadersPrefix: values['requestheader-extra-headers-prefix'],
      authenticationTolerateLookupFailure: values['authentication-tolerate-lookup-failure'],
      authenticationSkipLookup: values['authentication-skip-lookup'],
    },
    tokenTtlMs: values['authentication-token-webhook-cache-ttl'],
    allowedTtlMs: values['authorization-webhook-cache-authorized-ttl'],
    deniedTtlMs: values['authorization-webhook-cache-unauthorized-ttl'],
    alwaysAllowPaths: values['authorization-always-allow-paths'],
    mostInFlight: values['max-requests-inflight'],
    shutdownDelayMs: values['shutdown-delay-duration'],
    adminPort: values['admin-port'],
  }
  return { serve, faults: contradictions(serve, given) }
}

/** Of `namespace/name`; either may turn out empty. */
function secretName(text: string): { namespace: string; name: string } {
  const [namespace = '', name = '', ...more] = text.split('/')
  return { namespace, name: more.length > 0 ? '' : name }
}

function contradictions(config: ServeConfig, given: ReadonlySet<string>): string[] {
  const faults: string[] = []
  const wrong = (is: boolean, sentence: string) => {
    if (is) faults.push(sentence)
  }
  const { listen, intervalMs, maxAgeMs, adminPort } = config
  wrong(listen.port > 65_535, `--secure-port: ${listen.port} is not a port`)
  wrong(adminPort > 65_535, `--admin-port: ${adminPort} is not a port`)
  wrong(
    given.has('tls-cert-file') !== given.has('tls-private-key-file'),
    '--tls-cert-file and --tls-private-key-file go together',
  )
  wrong(
    given.has('serving-secret') && (given.has('tls-cert-file') || given.has('cert-dir')),
    '--serving-secret contradicts --tls-cert-file and --cert-dir',
  )
  const { secret, services } = 'secret' in config.certificate ? config.certificate : {}
  wrong(secret?.namespace === '' || secret?.name === '', '--serving-secret must be namespace/name')
  wrong(services?.length === 0, '--serving-services must not be empty')
  wrong(
    maxAgeMs < 2 * intervalMs,
    `--max-sample-age (${maxAgeMs / 1000}s) must be at least two intervals (--metric-resolution ${intervalMs / 1000}s)`,
  )
  return faults
}
