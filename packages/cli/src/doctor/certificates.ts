import { X509Certificate } from 'node:crypto'

const dayMs = 86_400_000

/** The certificates of a PEM text; undefined if one of them cannot be read, or there is none. */
export function readCertificates(pem: string): X509Certificate[] | undefined {
  const texts = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    return texts.length === 0 ? undefined : texts.map((each) => new X509Certificate(each))
  } catch {
    return undefined
  }
}

/** Those that are valid now. */
export function validAt(certificates: readonly X509Certificate[], nowMs: number): X509Certificate[] {
  return certificates.filter(
    ({ validFrom, validTo }) => Date.parse(validFrom) <= nowMs && nowMs < Date.parse(validTo),
  )
}

/** Days until the last of them ends; negative when that was so many days ago. */
export function daysLeft(certificates: readonly X509Certificate[], nowMs: number): number {
  return Math.floor((Math.max(...certificates.map(({ validTo }) => Date.parse(validTo))) - nowMs) / dayMs)
}

/** Subject, and end of validity, of each. */
export function describeCertificates(certificates: readonly X509Certificate[]): string {
  return certificates
    .map(({ subject, validTo }) => `${subject.replaceAll('\n', ', ')} (until ${validTo})`)
    .join('; ')
}

/** Whether two bundles hold the same certificates, in any order. */
export function isSameBundle(one: readonly X509Certificate[], other: readonly X509Certificate[]): boolean {
  const prints = (all: readonly X509Certificate[]) => all.map(({ fingerprint256 }) => fingerprint256).sort()
  return prints(one).join() === prints(other).join()
}
