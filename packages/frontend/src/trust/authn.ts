import { errorText } from '@metrics-ring/common/errors'
import { type HeaderPair, headerPairs, remoteUser, type User, valuesOf } from './identity.ts'
import { certificateUser, commonName, createPeers, type IncomingRequest, type Peer } from './peer.ts'
import type { TokenReviewer } from './token-review.ts'
import type { TrustConfig } from './trust.ts'

/** Who asks, or the status to answer with; `reason` is for the log, never for the client. */
export type Authentication =
  | { user: User; via: 'front_proxy' | 'certificate' | 'token' | 'anonymous' }
  | { status: 401; reason: string }
  | { status: 403; reason: string; user: User }

export type Authenticator = (request: IncomingRequest) => Promise<Authentication>

export type AuthenticatorDeps = {
  /** What is trusted now; asked for every request. */
  trust: () => TrustConfig
  reviewToken: TokenReviewer
  /** Wall time, milliseconds since the epoch. */
  nowMs: () => number
}

/** What one way of authenticating says: nothing of the sort was presented, it failed, or this is the user. */
type Outcome = undefined | { failed: string } | { user: User }

/**
 * Front proxy, then client certificate, then bearer token, then anonymous; the first that names a user wins.
 * A credential that failed, with none that held, is 401 and not anonymous. The headers of a front proxy count only
 * over a connection whose certificate the front-proxy CA itself signed.
 * Flags: --client-ca-file, --requestheader-* and --authentication-tolerate-lookup-failure (trust-config.ts),
 * --authentication-token-webhook-cache-ttl (token-review.ts), --authentication-kubeconfig (the client of both).
 */
export function createAuthenticator({ trust, reviewToken, nowMs }: AuthenticatorDeps): Authenticator {
  const peers = createPeers(nowMs)

  function frontProxy(peer: Peer, pairs: HeaderPair[], { requestHeader }: TrustConfig): Outcome {
    if (!requestHeader) return undefined
    const verdict = peers.verify(peer, requestHeader.ca)
    if (!verdict.ok) return { failed: `front proxy: ${verdict.reason}` }
    const name = commonName(peer.leaf)
    if (requestHeader.allowedNames.length > 0 && !requestHeader.allowedNames.includes(name)) {
      return { failed: `front proxy: common name "${name}" is not allowed` }
    }
    const user = remoteUser(pairs, requestHeader.headers)
    return user && { user }
  }
  function ownCertificate(peer: Peer, { clientCa }: TrustConfig): Outcome {
    if (!clientCa) return undefined
    const verdict = peers.verify(peer, clientCa)
    if (!verdict.ok) return { failed: `client certificate: ${verdict.reason}` }
    const user = certificateUser(peer.leaf)
    return user && { user }
  }

  return async (request) => {
    const trusted = trust()
    const pairs = headerPairs(request.rawHeaders)
    const peer = peers.peerOf(request)
    const proxied = peer && frontProxy(peer, pairs, trusted)
    if (proxied && 'user' in proxied) return { user: authenticated(proxied.user), via: 'front_proxy' }
    const own = peer && ownCertificate(peer, trusted)
    if (own && 'user' in own) return notImpersonating(pairs, authenticated(own.user), 'certificate')
    const token = await bearer(pairs, reviewToken)
    if (token && 'user' in token) return notImpersonating(pairs, authenticated(token.user), 'token')
    const failures = [proxied, own, token].flatMap((outcome) => (outcome ? [outcome.failed] : []))
    if (failures.length > 0) return { status: 401, reason: failures.join('; ') }
    return notImpersonating(pairs, anonymous(), 'anonymous')
  }
}

/** Several Authorization headers that differ are refused: which one counts is no question to leave open. */
async function bearer(pairs: HeaderPair[], reviewToken: TokenReviewer): Promise<Outcome> {
  const [header, ...others] = new Set(valuesOf(pairs, 'authorization'))
  if (others.length > 0) return { failed: 'bearer token: more than one Authorization' }
  const [scheme = '', token = ''] = (header ?? '').trim().split(' ')
  if (scheme.toLowerCase() !== 'bearer' || token === '') return undefined
  try {
    const verdict = await reviewToken(token)
    return 'user' in verdict ? verdict : { failed: `bearer token: ${verdict.refused}` }
  } catch (error) {
    return { failed: `bearer token: ${errorText(error)}` }
  }
}

/** Impersonation happens at the kube-apiserver; ignoring the wish here would answer as somebody else. */
function notImpersonating(
  pairs: HeaderPair[],
  user: User,
  via: 'certificate' | 'token' | 'anonymous',
): Authentication {
  const wish = pairs.find(([name]) => name.startsWith('impersonate-'))
  return wish ? { status: 403, reason: `impersonation is not supported (${wish[0]})`, user } : { user, via }
}

function authenticated(user: User): User {
  const told = ['system:authenticated', 'system:unauthenticated']
  if (user.name === 'system:anonymous' || user.groups.some((group) => told.includes(group))) return user
  return { ...user, groups: [...user.groups, 'system:authenticated'] }
}

function anonymous(): User {
  return { name: 'system:anonymous', groups: ['system:unauthenticated'], extra: Object.create(null) }
}
