import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls'
import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { KubeletTarget } from './kubelet-target.ts'
import { type Failure, failure } from './reasons.ts'

/** The text of now, PEM or a token; asked before each scrape, so it should be kept in memory (`createReread`). */
export type ReadText = () => Promise<string | undefined>

/** Who vouches for kubelets, and who we are to them. Each may change at any time. */
export type KubeletCredentials = {
  /** The CAs that sign kubelets' serving certificates; without it those that Node.js trusts. */
  ca?: ReadText
  /** Client certificate and key. */
  cert?: ReadText
  key?: ReadText
  /** Bearer token. */
  token?: ReadText
}

export type KubeletTlsOptions = {
  /** `--kubelet-insecure-tls`: any certificate is good. */
  insecure?: boolean
  /** `--kubelet-tls-server-name`: which name the certificate must have; the dialled address by default. */
  serverName?: 'address' | 'node'
}

/** Credentials ready for use. */
export type Trust = {
  ok: true
  /** Shared by all connections: a certificate store of its own for each would cost 100 KB and more. */
  context: SecureContext
  token: string | undefined
}

/**
 * Gives the credentials of now. The context is another object after CA, certificate or key have changed, which
 * tells that older connections must be made anew. What cannot be used (a key already rotated, its certificate not
 * yet) leaves the last good ones in force; without any it is a failure.
 */
export function createTrust(credentials: KubeletCredentials): () => Promise<Trust | Failure> {
  let texts: (string | undefined)[] | undefined
  let context: SecureContext | undefined
  let token: string | undefined

  function refresh(fresh: (string | undefined)[]): SecureContext {
    if (context && texts?.every((text, index) => text === fresh[index])) return context
    const [ca, cert, key] = fresh
    // Node.js takes a CA without a certificate for no CA at all, and would trust every public one.
    if (ca !== undefined && !ca.includes('-----BEGIN CERTIFICATE-----'))
      throw new Error('the CA is not in PEM form')
    const made = createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) })
    texts = fresh
    return made
  }

  return async () => {
    try {
      const { ca, cert, key } = credentials
      token = sendable(await credentials.token?.())
      context = refresh([await ca?.(), await cert?.(), await key?.()])
    } catch (error) {
      if (!context) return failure('bad_credentials', errorText(error))
    }
    return { ok: true, context, token }
  }
}

/** Says nothing of the token itself: what it says is logged. */
function sendable(token: string | undefined): string | undefined {
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new Error('the token is empty or has odd characters')
  return token
}

/**
 * How to dial one address of a kubelet. Sessions are not resumed: a resumed one is not verified again, and kept
 * connections leave little to gain.
 */
export function tlsOptions(
  context: SecureContext,
  options: KubeletTlsOptions,
  target: KubeletTarget,
  address: string,
): ConnectionOptions {
  const name = options.serverName === 'node' ? target.node : address
  return {
    host: address,
    port: target.port,
    secureContext: context,
    rejectUnauthorized: options.insecure !== true,
    // An address is no server name in the handshake (RFC 6066), yet it is verified below.
    servername: isIP(name) ? '' : name,
    checkServerIdentity: (_, certificate) => verifyName(name, certificate),
    ALPNProtocols: ['http/1.1'],
  }
}

/** Of a host only the alternative names count, as for Go: Node.js would take the common name where there are none. */
function verifyName(name: string, certificate: PeerCertificate): Error | undefined {
  if (isIP(name) !== 0 || certificate.subjectaltname?.includes('DNS:'))
    return checkServerIdentity(name, certificate)
  return new CodedError(
    'ERR_TLS_CERT_ALTNAME_INVALID',
    `the certificate names no host at all, so not ${name}`,
  )
}
