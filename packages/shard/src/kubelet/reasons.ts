import { errorText } from '@metrics-ring/common/errors'

/** Why a kubelet gave no sample. Stable words of low cardinality: they are labels of metrics and part of logs. */
export type ScrapeReason =
  /** The Node object has no address of a type that we use, or its path annotation is no path. */
  | 'no_address'
  | 'bad_path'
  /** Our own CA, certificate, key or token cannot be used. */
  | 'bad_credentials'
  /** No connection to any address. */
  | 'dns'
  | 'unreachable'
  | 'refused'
  | 'tls_unknown_ca'
  | 'tls_name_mismatch'
  | 'tls_expired'
  | 'tls_other'
  /** The exchange was not finished in time, or was given up by the caller. */
  | 'timeout'
  | 'aborted'
  /** Cut before, or within, an answer. */
  | 'reset'
  | 'truncated'
  /** An HTTP status other than 200. */
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'redirect'
  | 'status_4xx'
  | 'status_5xx'
  | 'status_other'
  /** An answer that cannot be used. */
  | 'too_large'
  | 'bad_encoding'
  | 'bad_response'
  | 'no_samples'
  | 'other'

export type Failure = { ok: false; reason: ScrapeReason; detail: string }

const ADVICE: { [reason in ScrapeReason]?: string } = {
  no_address: 'name a type that the Node has in --kubelet-preferred-address-types',
  bad_path: 'correct or remove the annotation metrics.k8s.io/resource-metrics-path of the Node',
  dns: 'prefer addresses that need no look-up: --kubelet-preferred-address-types=InternalIP',
  unreachable: 'check routes and network policies, and --kubelet-preferred-address-types',
  refused: 'check that the kubelet runs, and --kubelet-port or --kubelet-use-node-status-port',
  timeout: 'check network policies and firewalls, and whether the kubelet is overloaded',
  tls_unknown_ca:
    'give the CA of the kubelets with --kubelet-certificate-authority, or have the kubelet get its serving ' +
    'certificate from the cluster (serverTLSBootstrap); --kubelet-insecure-tls gives up verification',
  tls_name_mismatch:
    'where the certificate names the node, use --kubelet-tls-server-name=node; else dial an address that it ' +
    'names (--kubelet-preferred-address-types); --kubelet-insecure-tls gives up verification',
  tls_expired:
    'renew the serving certificate of the kubelet (approve its pending CSR), and check the clocks; until then ' +
    '--kubelet-insecure-tls would take it without any verification',
  tls_other:
    'a new kubelet has no serving certificate until its CSR is approved; check also that --kubelet-port is ' +
    'the HTTPS port, and whether the kubelet trusts --kubelet-client-certificate',
  unauthorized:
    'enable webhook token authentication on the kubelet, or give --kubelet-client-certificate and ' +
    '--kubelet-client-key signed by a CA that it trusts',
  forbidden:
    'grant this identity the verb get on nodes/metrics (on nodes/stats too where /stats/summary is asked for)',
  not_found:
    'the kubelet does not serve this path: check --kubelet-endpoint, and the annotation ' +
    'metrics.k8s.io/resource-metrics-path of the Node',
  redirect: 'redirects are not followed: check that --kubelet-port and the address lead to a kubelet',
}

/** What the operator can do about it; empty where the detail already says all. */
export function advice(reason: ScrapeReason): string {
  return ADVICE[reason] ?? ''
}

const MAX_DETAIL = 1_000

/** `detail` is what happened, without secrets; the advice for the reason is put behind it. */
export function failure(reason: ScrapeReason, detail: string): Failure {
  const help = advice(reason)
  const short = detail.slice(0, MAX_DETAIL)
  return { ok: false, reason, detail: help ? `${short} (${help})` : short }
}

/** For an HTTP status that is not 200. */
export function statusReason(status: number): ScrapeReason {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status >= 300 && status < 400) return 'redirect'
  if (status >= 400 && status < 500) return 'status_4xx'
  return status >= 500 ? 'status_5xx' : 'status_other'
}

/** Codes of Node.js, OpenSSL and undici. */
const CODES: { [reason in ScrapeReason]?: string } = {
  refused: 'ECONNREFUSED',
  unreachable: 'EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN EADDRNOTAVAIL EINVAL',
  timeout: 'ETIMEDOUT',
  reset: 'ECONNRESET ECONNABORTED EPIPE UND_ERR_SOCKET',
  dns: 'ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA',
  tls_unknown_ca:
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY SELF_SIGNED_CERT_IN_CHAIN DEPTH_ZERO_SELF_SIGNED_CERT CERT_SIGNATURE_FAILURE CERT_UNTRUSTED INVALID_CA',
  tls_name_mismatch: 'ERR_TLS_CERT_ALTNAME_INVALID HOSTNAME_MISMATCH',
  tls_expired: 'CERT_HAS_EXPIRED CERT_NOT_YET_VALID',
  truncated: 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  bad_response: 'UND_ERR_HEADERS_OVERFLOW',
}

const REASON_OF = new Map(
  Object.entries(CODES).flatMap(([reason, codes]) =>
    codes.split(' ').map((code) => [code, reason as ScrapeReason] as const),
  ),
)

/** For whatever a socket, TLS or the HTTP client threw. */
export function errorReason(error: unknown): ScrapeReason {
  const code = codeOf(error)
  const known = REASON_OF.get(code)
  if (known) return known
  // undici's parser names no code for what is not HTTP at all.
  if (error instanceof Error && error.name === 'HTTPParserError') return 'bad_response'
  return /^(EPROTO|CERT_|ERR_SSL_|ERR_TLS_|ERR_OSSL_|INVALID_PURPOSE|PATH_LENGTH)/.test(code)
    ? 'tls_other'
    : 'other'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** One line about it: of several addresses that one name stands for, the first. */
export function describe(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  const text = errorText(first).replace(/; if the root CA is installed locally.*/, '')
  // OpenSSL's messages carry its call stack.
  return /^[0-9A-F]+:error:[^:]*:[^:]*:[^:]*:([^:]*)/.exec(text)?.[1] ?? text
}
