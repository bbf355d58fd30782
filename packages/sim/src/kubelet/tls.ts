import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import {
  type CertificateAuthority,
  createAuthority,
  createKeyPair,
  type Issued,
  type KeyPair,
} from '../pki.ts'
import type { CertificateProblem } from './faults.ts'

/** Serving certificates for kubelets, which share one key so that thousands are quick to make. */
export type Identities = {
  issue(nodeName: string, address: string, problem?: CertificateProblem): Promise<Issued>
  /** Starts TLS on an accepted connection, in the name of `identity`. */
  secure(socket: Socket, identity: Issued): TLSSocket
}

const HOUR_MS = 3_600_000

export async function createIdentities(pki: CertificateAuthority): Promise<Identities> {
  const keyPair = await createKeyPair()
  const fallback = await pki.issue({ commonName: 'system:node:unknown', usages: ['serverAuth'], keyPair })
  // Clients dial addresses and send no name to choose a certificate by, so each connection is given its own.
  // All else is shared: a context for every node would weigh more than the node's connection. No session is
  // resumed, so that every connection shows its certificate; no CA is set, or it would be sent along with it.
  const shared = createSecureContext({
    key: fallback.keyPem,
    cert: fallback.certPem,
    ca: [],
    secureOptions: constants.SSL_OP_NO_TICKET,
    sessionIdContext: 'kubelets',
  })
  return {
    issue: (nodeName, address, problem) => issue(pki, keyPair, nodeName, address, problem),
    secure(socket, identity) {
      const secured = new TLSSocket(socket, {
        isServer: true,
        secureContext: shared,
        requestCert: true,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
      })
      secured.setKeyCert(createSecureContext({ key: identity.keyPem, cert: identity.certPem }))
      return secured
    },
  }
}

async function issue(
  pki: CertificateAuthority,
  keyPair: KeyPair,
  nodeName: string,
  address: string,
  problem?: CertificateProblem,
): Promise<Issued> {
  const wrong = problem === 'wrongName'
  const authority = problem === 'unknownAuthority' ? await createAuthority('somebody-else') : pki
  return authority.issue({
    commonName: `system:node:${nodeName}`,
    organizations: ['system:nodes'],
    dnsNames: [wrong ? 'another-node' : nodeName],
    ipAddresses: [wrong ? '192.0.2.1' : address],
    usages: ['serverAuth'],
    keyPair,
    ...(problem === 'expired'
      ? { notBefore: new Date(Date.now() - 48 * HOUR_MS), notAfter: new Date(Date.now() - 24 * HOUR_MS) }
      : {}),
  })
}
