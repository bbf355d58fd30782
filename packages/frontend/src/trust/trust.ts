import { X509Certificate } from 'node:crypto'
import type { Bundle } from './certificate-chain.ts'
import type { IdentityHeaders } from './identity.ts'

/** Whose certificates mean what. Absent parts trust nobody. */
export type TrustConfig = {
  /** Signs certificates of users. */
  clientCa?: Bundle
  /** Who may speak for others, and in which headers. */
  requestHeader?: RequestHeaderTrust
}

export type RequestHeaderTrust = {
  ca: Bundle
  /** Common names of front proxies; empty: any name the CA signed. */
  allowedNames: readonly string[]
  headers: IdentityHeaders
}

/** CAs to name in the TLS handshake, so that clients send the right certificate. Naming one trusts nobody. */
export function advertisedCas({ clientCa, requestHeader }: TrustConfig): string[] {
  return [clientCa?.pem, requestHeader?.ca.pem].filter((pem) => pem !== undefined)
}

/** Every certificate of a PEM text; throws when there is none or when one cannot be read. */
export function parseBundle(pem: string): Bundle {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const opened = pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0
  if (blocks.length === 0 || blocks.length !== opened) throw new Error('no readable PEM certificate')
  return { pem, certificates: blocks.map((block) => new X509Certificate(block)) }
}

/** A list as the ConfigMap holds it: the text of a JSON array of strings. Throws on anything else. */
export function parseNames(text: string): string[] {
  const names: unknown = JSON.parse(text)
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
    throw new Error('not a JSON array of strings')
  }
  return names
}
