import { createPrivateKey, X509Certificate as NodeCertificate, type webcrypto } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError, errorText } from './errors.ts'

/** What an HTTPS server shows: PEM texts. */
export type ServingPair = { cert: string; key: string }

/** How long a generated certificate is valid, and how long before its end it is made anew, days. */
const validDays = 365
const renewDays = 30
const dayMs = 86_400_000

/**
 * The serving pair in `directory` (`apiserver.crt`, `apiserver.key`, as metrics-server names them), made there if
 * it is missing, ends soon or lacks one of the names; self-signed, ECDSA P-256.
 * Throws a CodedError `bad_cert_dir` when the directory cannot be written.
 */
export async function generatedPair(
  directory: string,
  dnsNames: string[],
  ipAddresses: string[],
  nowMs: number,
): Promise<ServingPair> {
  const kept = await readKept(directory)
  if (kept && isGood(kept.cert, dnsNames, nowMs)) return kept
  const made = await selfSign(dnsNames, ipAddresses, nowMs)
  try {
    await mkdir(directory, { recursive: true })
    await replace(join(directory, 'apiserver.key'), made.key, 0o600)
    await replace(join(directory, 'apiserver.crt'), made.cert, 0o644)
  } catch (error) {
    throw new CodedError('bad_cert_dir', `cannot write a certificate into ${directory}: ${errorText(error)}`)
  }
  return made
}

/** A pair from files. Throws a CodedError `bad_certificate` that names the file and what is wrong with it. */
export async function pairFromFiles(certFile: string, keyFile: string): Promise<ServingPair> {
  // One after the other: where both are missing, the same one is named each time.
  const cert = await readPem(certFile)
  const key = await readPem(keyFile)
  try {
    new NodeCertificate(cert)
  } catch (error) {
    throw badFile(certFile, error)
  }
  return { cert, key }
}

async function readKept(directory: string): Promise<ServingPair | undefined> {
  try {
    return await pairFromFiles(join(directory, 'apiserver.crt'), join(directory, 'apiserver.key'))
  } catch {
    return undefined
  }
}

function isGood(cert: string, dnsNames: string[], nowMs: number): boolean {
  const parsed = new NodeCertificate(cert)
  const endsMs = Date.parse(parsed.validTo)
  return endsMs - nowMs > renewDays * dayMs && dnsNames.every((name) => parsed.checkHost(name) !== undefined)
}

const curve = { name: 'ECDSA', namedCurve: 'P-256' }
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' }

/** Loaded only when a certificate is made: it costs more to load than everything else here together. */
async function loadX509() {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(curve, true, ['sign', 'verify'])
}

function makeSerial(): string {
  // The first byte below 0x80: a serial number is positive, and no longer than it must be.
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

async function keyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
  return `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}

/** A certificate authority that may sign serving certificates and nothing else; self-signed, ECDSA P-256. */
export async function makeAuthority(commonName: string, nowMs: number, endMs: number): Promise<ServingPair> {
  const x509 = await loadX509()
  const keys = await makeKeys()
  const serialNumber = makeSerial()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // A name of its own: during a rotation verifiers hold two authorities and look them up by it.
    name: `CN=${commonName}@${serialNumber.slice(0, 8)}`,
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(endMs),
    signingAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { cert: `${cert.toString('pem')}\n`, key: await keyPem(keys) }
}

/** A serving pair signed by an authority of `makeAuthority`; it ends no later than that does. */
export async function issueServingPair(
  authority: ServingPair,
  dnsNames: string[],
  nowMs: number,
  endMs: number,
): Promise<ServingPair> {
  const x509 = await loadX509()
  const keys = await makeKeys()
  const issuer = new x509.X509Certificate(authority.cert)
  const der = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' })
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: `CN=${dnsNames[0]}`,
    issuer: issuer.subject,
    notBefore: new Date(Math.max(nowMs - dayMs, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(endMs, issuer.notAfter.getTime())),
    signingAlgorithm,
    publicKey: keys.publicKey,
    signingKey: await crypto.subtle.importKey('pkcs8', new Uint8Array(der), curve, false, ['sign']),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value }))),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
  return { cert: `${cert.toString('pem')}\n`, key: await keyPem(keys) }
}

async function selfSign(dnsNames: string[], ipAddresses: string[], nowMs: number): Promise<ServingPair> {
  const x509 = await loadX509()
  const keys = await makeKeys()
  const serialNumber = makeSerial()
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // A name of its own: verifiers that hold the certificates of several replicas look them up by it.
    name: `CN=${dnsNames[0]}@${serialNumber.slice(0, 8)}`,
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + validDays * dayMs),
    signingAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
    ],
  })
  return { cert: `${cert.toString('pem')}\n`, key: await keyPem(keys) }
}

/** Whole or not at all, so that a reader never sees half a file. */
async function replace(path: string, content: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, content, { mode })
  await rename(`${path}.new`, path)
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw badFile(path, error)
  }
}

function badFile(path: string, error: unknown): CodedError {
  return new CodedError('bad_certificate', `${path}: ${errorText(error)}`)
}
