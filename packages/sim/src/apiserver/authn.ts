/** Who asks: a client certificate of the cluster CA, a bearer token, or nobody. */
import { randomBytes, randomUUID, type X509Certificate } from 'node:crypto'
import type { Http2ServerRequest } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { header } from './http.ts'
import type { User } from './objects.ts'
import { unauthorized } from './status.ts'

/** `client` tells apart those who share a user: the label a token was issued under, else the user's name. */
export type Identity = { user: User; client: string }
export type Tokens = ReturnType<typeof createTokens>

const anonymous: Identity = {
  user: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
  client: 'system:anonymous',
}

/** The table of bearer tokens: opaque strings, valid until revoked. */
export function createTokens() {
  const issued = new Map<string, Identity>()
  const uids = new Map<string, string>()
  function issue(user: User, client = user.name): string {
    const token = randomBytes(24).toString('base64url')
    issued.set(token, { user, client })
    return token
  }
  return {
    issue,
    /** @param account `namespace:name` of a ServiceAccount */
    issueForServiceAccount(account: string, client?: string): string {
      const [namespace, name] = account.split(':')
      const uid = uids.get(account) ?? randomUUID()
      uids.set(account, uid)
      const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
      const user = { name: `system:serviceaccount:${namespace}:${name}`, uid, groups }
      return issue(user, client ?? user.name)
    },
    lookUp: (token: string): Identity | undefined => issued.get(token),
    revoke: (token: string): boolean => issued.delete(token),
  }
}

/** @throws StatusError 401 for credentials that are presented and not valid */
export function authenticate(request: Http2ServerRequest, tokens: Tokens): Identity {
  const socket = tlsSocketOf(request)
  const certified = socket && certificateUser(socket)
  if (certified) return { user: certified, client: certified.name }
  const authorization = header(request, 'authorization')
  if (!authorization) return anonymous
  const token = /^Bearer\s+(\S+)$/i.exec(authorization)?.[1]
  const identity = token === undefined ? undefined : tokens.lookUp(token)
  if (!identity) throw unauthorized()
  return identity
}

function tlsSocketOf(request: Http2ServerRequest): TLSSocket | undefined {
  const session = request.stream?.session
  return (session && !session.destroyed ? session.socket : request.socket) as TLSSocket | undefined
}

const known = new WeakMap<object, User>()

/** The user a verified certificate names. @throws StatusError 401 when it does not verify */
function certificateUser(socket: TLSSocket): User | undefined {
  const session = socket as TLSSocket & { getPeerX509Certificate?: () => X509Certificate | undefined }
  const cached = known.get(rawOf(socket))
  if (cached) return cached
  const certificate = session.getPeerX509Certificate?.()
  if (!certificate) return undefined
  if (!socket.authorized) throw unauthorized()
  const user = userOf(certificate)
  known.set(rawOf(socket), user)
  return user
}

/** http2 hands out a proxy of the socket; the session behind a stream lives as long as the socket. */
function rawOf(socket: TLSSocket): object {
  return socket
}

export function userOf(certificate: X509Certificate): User {
  const subject = certificate.subject.split('\n').map((line) => line.split('='))
  const values = (key: string) => subject.filter(([k]) => k === key).map(([, ...value]) => value.join('='))
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase()
  return {
    name: values('CN')[0] ?? '',
    groups: [...values('O'), 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}

/** The user a request acts as: its own, or whom it impersonates if it may. */
export function impersonated(
  request: Http2ServerRequest,
  mayImpersonate: (kind: string, name: string) => boolean,
): User | 'forbidden' | undefined {
  const name = header(request, 'impersonate-user')
  if (name === undefined) return undefined
  const groups = distinct(request, 'impersonate-group')
  const wanted = [['users', name], ...groups.map((group) => ['groups', group])]
  if (!wanted.every(([kind, each]) => mayImpersonate(kind ?? '', each ?? ''))) return 'forbidden'
  return { name, groups: [...groups, 'system:authenticated'] }
}

/** Every value of a repeated header, by the raw pairs: joined values cannot be told apart again. */
function distinct(request: Http2ServerRequest, name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name) values.push(request.rawHeaders[index + 1] ?? '')
  }
  return values
}
