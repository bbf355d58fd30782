import { createHash, generateKeyPair, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { promisify } from 'node:util'
import * as der from './der.ts'

/**
 * A cluster CA written by hand rather than with a certificate library: one kind of key (ECDSA P-256),
 * one kind of signature, and fast enough that 5,000 kubelet certificates take about a second.
 */

export type KeyPair = { publicKey: KeyObject; privateKey: KeyObject }

export type CertificateUsage = 'serverAuth' | 'clientAuth'

export type CertificateRequest = {
  commonName: string
  /** Kubernetes reads them as the groups of a client certificate. */
  organizations?: string[]
  dnsNames?: string[]
  ipAddresses?: string[]
  usages: CertificateUsage[]
  /** One hour ago by default. */
  notBefore?: Date
  /** In one year by default. */
  notAfter?: Date
  /** Made anew unless given; many certificates may share one. */
  keyPair?: KeyPair
}

export type Issued = { certPem: string; keyPem: string }

export type CertificateAuthority = {
  certPem: string
  issue(request: CertificateRequest): Promise<Issued>
}

const HOUR_MS = 3_600_000
const ECDSA_WITH_SHA256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))
const EXTENDED_USAGE = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' }
const DIGITAL_SIGNATURE = der.bits(Buffer.from([0x80]), 7)
const CERT_SIGN_AND_CRL_SIGN = der.bits(Buffer.from([0x06]), 1)

export function createKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
}

/** A self-signed ECDSA P-256 authority, valid for ten years. */
export async function createAuthority(commonName: string): Promise<CertificateAuthority> {
  const keys = await createKeyPair()
  const issuer = name(commonName, [])
  const certPem = certificate(issuer, keys.privateKey, {
    subject: issuer,
    publicKey: keys.publicKey,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 87_600 * HOUR_MS),
    extensions: [
      extension('2.5.29.19', der.sequence(der.TRUE), true),
      extension('2.5.29.15', CERT_SIGN_AND_CRL_SIGN, true),
      extension('2.5.29.14', der.octets(keyId(keys.publicKey))),
    ],
  })
  const authorityKeyId = extension('2.5.29.35', der.sequence(der.element(0x80, keyId(keys.publicKey))))
  return {
    certPem,
    async issue(request) {
      const leaf = request.keyPair ?? (await createKeyPair())
      return {
        certPem: certificate(issuer, keys.privateKey, {
          subject: name(request.commonName, request.organizations ?? []),
          publicKey: leaf.publicKey,
          notBefore: request.notBefore ?? new Date(Date.now() - HOUR_MS),
          notAfter: request.notAfter ?? new Date(Date.now() + 8_760 * HOUR_MS),
          extensions: [...leafExtensions(request), authorityKeyId],
        }),
        keyPem: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }
    },
  }
}

type ToBeSigned = {
  subject: Buffer
  publicKey: KeyObject
  notBefore: Date
  notAfter: Date
  extensions: Buffer[]
}

function certificate(issuer: Buffer, signingKey: KeyObject, content: ToBeSigned): string {
  const body = der.sequence(
    der.element(0xa0, der.integer(Buffer.from([2]))),
    der.integer(randomBytes(16)),
    ECDSA_WITH_SHA256,
    issuer,
    der.sequence(der.time(content.notBefore), der.time(content.notAfter)),
    content.subject,
    content.publicKey.export({ type: 'spki', format: 'der' }),
    der.element(0xa3, der.sequence(...content.extensions)),
  )
  return pem(der.sequence(body, ECDSA_WITH_SHA256, der.bits(sign('sha256', body, signingKey))))
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function name(commonName: string, organizations: string[]): Buffer {
  const attribute = (type: string, value: string) => der.set(der.sequence(der.oid(type), der.utf8(value)))
  return der.sequence(
    ...organizations.map((organization) => attribute('2.5.4.10', organization)),
    attribute('2.5.4.3', commonName),
  )
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der.sequence(der.oid(id), critical ? der.TRUE : Buffer.alloc(0), der.octets(value))
}

function leafExtensions(request: CertificateRequest): Buffer[] {
  const names = [
    ...(request.dnsNames ?? []).map((dnsName) => der.element(0x82, Buffer.from(dnsName))),
    ...(request.ipAddresses ?? []).map((address) => der.element(0x87, addressBytes(address))),
  ]
  const usages = request.usages.map((usage) => der.oid(EXTENDED_USAGE[usage]))
  return [
    extension('2.5.29.19', der.sequence(), true),
    extension('2.5.29.15', DIGITAL_SIGNATURE, true),
    extension('2.5.29.37', der.sequence(...usages)),
    ...(names.length > 0 ? [extension('2.5.29.17', der.sequence(...names))] : []),
  ]
}

/** 4 or 16 bytes in network order. */
function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const left = groups(head)
  const right = groups(tail ?? '')
  const zeros = new Array<number>(tail === undefined ? 0 : 8 - left.length - right.length).fill(0)
  return Buffer.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]))
}
