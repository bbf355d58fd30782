import { X509Certificate as NodeCertificate } from 'node:crypto'
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
  const [cert, key] = await Promise.all([readPem(certFile), readPem(keyFile)])
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

async function selfSign(dnsNames: string[], ipAddresses: string[], nowMs: number): Promise<ServingPair> {
  // Loaded only when a certificate is made: it costs more to load than everything else here together.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const serialNumber = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber,
    // A name of its own: verifiers that hold the certificates of several replicas look them up by it.
    name: `CN=${dnsNames[0]}@${serialNumber.slice(0, 8)}`,
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + validDays * dayMs),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
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
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    cert: `${cert.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}(?=.)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  }
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
