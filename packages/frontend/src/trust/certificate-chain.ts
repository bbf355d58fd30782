import type { X509Certificate } from 'node:crypto'
import { extendedKeyUsageId, readExtensions } from './certificate-extensions.ts'

/** The CAs of one trust bundle. A change of its text makes a new object: verdicts are remembered by it. */
export type Bundle = { pem: string; certificates: readonly X509Certificate[] }

/** `untilMs`: when the first certificate of the chain runs out, milliseconds since the epoch. */
export type ChainVerdict = { ok: true; untilMs: number } | { ok: false; reason: string }

const clientAuth = '1.3.6.1.5.5.7.3.2'
const anyUsage = '2.5.29.37.0'
/** Certificates of a chain, leaf and anchor included. */
const longestChain = 8
/** Bounds what a hostile heap of cross-signed certificates can cost. */
const mostSignatureChecks = 50

/**
 * Whether a presented certificate is good for client authentication under this bundle and no other.
 * `offered` are the certificates sent with it; they may only lead to a CA of the bundle, never stand for one.
 * Rules of Go's x509 verification: every certificate in date, CAs flagged as such and within their path length,
 * extended key usage (none means any) allows clientAuth all the way up, nothing critical unknown, no MD5 or SHA-1.
 * Stricter than Go: name constraints are not understood, so a critical one refuses.
 */
export function verifyChain(
  leaf: X509Certificate,
  offered: readonly X509Certificate[],
  bundle: Bundle,
  nowMs: number,
): ChainVerdict {
  const ownFault = faultOf(leaf, nowMs)
  if (ownFault) return { ok: false, reason: ownFault }
  if (contains(bundle.certificates, leaf)) return { ok: true, untilMs: endMs([leaf]) }
  let checks = 0
  let reason = 'certificate signed by unknown authority'

  function signs(issuer: X509Certificate, subject: X509Certificate): boolean {
    if (!subject.checkIssued(issuer) || ++checks > mostSignatureChecks) return false
    return subject.verify(issuer.publicKey)
  }
  function accepts(issuer: X509Certificate, path: readonly X509Certificate[]): boolean {
    if (!signs(issuer, path.at(-1) as X509Certificate)) return false
    const fault = issuerFault(issuer, path.length - 1) ?? faultOf(issuer, nowMs)
    if (fault) reason = `${fault} (issuer ${oneLine(issuer.subject)})`
    return fault === undefined
  }
  function chainFrom(path: readonly X509Certificate[]): X509Certificate[] | undefined {
    if (path.length >= longestChain) return undefined
    const anchor = bundle.certificates.find((each) => accepts(each, path))
    if (anchor) return [...path, anchor]
    for (const between of offered) {
      if (contains(path, between) || !accepts(between, path)) continue
      const chain = chainFrom([...path, between])
      if (chain) return chain
    }
    return undefined
  }
  const chain = chainFrom([leaf])
  return chain ? { ok: true, untilMs: endMs(chain) } : { ok: false, reason }
}

/** What makes a certificate unfit anywhere in a client's chain. */
function faultOf(certificate: X509Certificate, nowMs: number): string | undefined {
  if (!(certificate.validFromDate.getTime() <= nowMs)) return 'certificate is not yet valid'
  if (!(nowMs <= certificate.validToDate.getTime())) return 'certificate has expired'
  if (/md[245]|sha1(?!\d)/i.test(certificate.signatureAlgorithm ?? 'md5'))
    return 'insecure signature algorithm'
  try {
    const { ids, unknownCritical } = readExtensions(certificate.raw)
    if (unknownCritical) return 'unhandled critical extension'
    return allowsClients(certificate, ids) ? undefined : 'certificate is not for client authentication'
  } catch {
    return 'malformed certificate'
  }
}

/** `keyUsage` is the extended key usage, and undefined also when that extension cannot be read. */
function allowsClients({ keyUsage }: X509Certificate, extensionIds: ReadonlySet<string>): boolean {
  if (!extensionIds.has(extendedKeyUsageId)) return true
  return keyUsage !== undefined && (keyUsage.includes(clientAuth) || keyUsage.includes(anyUsage))
}

function issuerFault(issuer: X509Certificate, casBelow: number): string | undefined {
  if (!issuer.ca) return 'issuer is not a CA'
  try {
    const { pathLength } = readExtensions(issuer.raw)
    return pathLength !== undefined && casBelow > pathLength ? 'too many intermediate CAs' : undefined
  } catch {
    return 'malformed certificate'
  }
}

function contains(certificates: readonly X509Certificate[], one: X509Certificate): boolean {
  return certificates.some((each) => each.raw.equals(one.raw))
}

function endMs(chain: readonly X509Certificate[]): number {
  return Math.min(...chain.map((each) => each.validToDate.getTime()))
}

function oneLine(subject: string | undefined): string {
  return (subject ?? '').replaceAll('\n', ', ')
}
