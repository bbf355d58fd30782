import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** Certificates good and bad, with intermediates, for the tests of trust. */

export type Pair = { cert: string; key: string }
export type Authority = Pair & { keys: webcrypto.CryptoKeyPair; subject: string }

export type Extras = {
  notBefore?: Date
  notAfter?: Date
  /** Extended key usages by OID; none at all when empty. */
  usages?: string[]
  extensions?: x509.Extension[]
}
export type AuthorityExtras = Extras & { issuer?: Authority; ca?: boolean; pathLength?: number }

export const usage = { client: '1.3.6.1.5.5.7.3.2', server: '1.3.6.1.5.5.7.3.1', code: '1.3.6.1.5.5.7.3.3' }
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hourMs = 3_600_000

export async function authority(name: string, extras: AuthorityExtras = {}): Promise<Authority> {
  const { issuer, ca = true, pathLength } = extras
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const subject = `CN=${name}`
  const cert = await certificate(subject, keys, issuer ?? { subject, keys }, {
    ...extras,
    extensions: [new x509.BasicConstraintsExtension(ca, pathLength, true), ...(extras.extensions ?? [])],
  })
  return { cert, key: await keyPem(keys), keys, subject }
}

/** A leaf for client authentication unless said otherwise; `subject` as `CN=name, O=group`. */
export async function issue(issuer: Authority, subject: string, extras: Extras = {}): Promise<Pair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const cert = await certificate(subject, keys, issuer, { usages: [usage.client], ...extras })
  return { cert, key: await keyPem(keys) }
}

type Issuer = Pick<Authority, 'subject' | 'keys'>

/** An extension as its bytes are. */
export function extension(id: string, critical: boolean, ...der: number[]): x509.Extension {
  return new x509.Extension(id, critical, new Uint8Array(der))
}

async function certificate(
  subject: string,
  keys: webcrypto.CryptoKeyPair,
  issuer: Issuer,
  extras: Extras,
): Promise<string> {
  const { usages = [], extensions = [] } = extras
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: crypto.randomUUID().replaceAll('-', '').replace(/^./, '1'),
    subject,
    issuer: issuer.subject,
    notBefore: extras.notBefore ?? new Date(Date.now() - hourMs),
    notAfter: extras.notAfter ?? new Date(Date.now() + hourMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions: [...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension(usages)] : []), ...extensions],
  })
  return `${made.toString('pem')}\n`
}

async function keyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY')
}
