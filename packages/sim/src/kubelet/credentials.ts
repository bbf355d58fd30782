import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'

export type TokenReview = { authenticated: boolean; user?: string; groups?: string[] }

export type CredentialOptions = {
  /** Signs the client certificates that are believed. */
  clientCaPem: string
  reviewToken(token: string): Promise<TokenReview>
  /** Whether the user may `get` that subresource of nodes. */
  authorize(user: string, groups: readonly string[], subresource: NodeSubresource): boolean | Promise<boolean>
  /** How long a review of a token is remembered, in milliseconds. */
  tokenCacheMs: number
  now(): number
}

/** What a path of a kubelet is a part of, for whoever grants rights. */
export type NodeSubresource = 'metrics' | 'stats' | 'proxy'

export type Refusal = { status: 401 | 403; body: string }

type User = { name: string; groups: readonly string[] }

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** The kubelet's own gate: authentication, then authorization. Nothing is returned when the request may pass. */
export function createGate(
  options: CredentialOptions,
): (request: IncomingMessage) => Promise<Refusal | undefined> {
  const clientCa = new X509Certificate(options.clientCaPem)
  const reviewed = createTokenCache(options)
  return async (request) => {
    const user =
      certificateUser(request.socket as TLSSocket, clientCa) ?? (await tokenUser(request, reviewed))
    if (!user) return { status: 401, body: 'Unauthorized' }
    const subresource = subresourceOf(request.url ?? '')
    if (await options.authorize(user.name, user.groups, subresource)) return undefined
    const attributes = `user=${user.name}, verb=get, resource=nodes, subresource(s)=[${subresource}]`
    return { status: 403, body: `Forbidden (${attributes})` }
  }
}

/** https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/ */
function subresourceOf(path: string): NodeSubresource {
  const [, first = ''] = path.split(/[/?]/)
  return first === 'metrics' || first === 'stats' ? first : 'proxy'
}

/** The handshake has proved that the peer holds the key; what remains is whether we believe the certificate. */
function certificateUser(socket: TLSSocket, clientCa: X509Certificate): User | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (!certificate?.checkIssued(clientCa) || !certificate.verify(clientCa.publicKey)) return undefined
  const now = Date.now()
  if (now < certificate.validFromDate.getTime() || now > certificate.validToDate.getTime()) return undefined
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) return undefined
  const { CN, O } = socket.getPeerCertificate().subject
  return { name: [CN].flat()[0] ?? '', groups: [[O ?? []].flat(), 'system:authenticated'].flat() }
}

async function tokenUser(
  request: IncomingMessage,
  review: (token: string) => Promise<TokenReview>,
): Promise<User | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return undefined
  const { authenticated, user = '', groups = [] } = await review(token)
  return authenticated ? { name: user, groups } : undefined
}

/** A review that fails is a token that is not believed, and is not remembered. */
function createTokenCache({ reviewToken, tokenCacheMs, now }: CredentialOptions) {
  const known = new Map<string, { untilMs: number; review: Promise<TokenReview> }>()
  return (token: string): Promise<TokenReview> => {
    const held = known.get(token)
    if (held && now() < held.untilMs) return held.review
    const review = reviewToken(token).catch(() => {
      known.delete(token)
      return { authenticated: false }
    })
    if (known.size > 1000) known.clear()
    known.set(token, { untilMs: now() + tokenCacheMs, review })
    return review
  }
}
