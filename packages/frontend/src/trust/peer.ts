import type { X509Certificate } from 'node:crypto'
import { type Bundle, type ChainVerdict, verifyChain } from './certificate-chain.ts'
import type { User } from './identity.ts'

/** What is asked of a request of node:http or of node:http2's compatibility layer. */
export type IncomingRequest = {
  method?: string | undefined
  url?: string | undefined
  rawHeaders: string[]
  socket: object
  stream?: { session?: { socket?: object } | undefined }
}

/** The certificate a client presented and proved to hold, with what it sent along. */
export type Peer = { connection: object; leaf: X509Certificate; offered: readonly X509Certificate[] }

type TlsSocket = { getPeerX509Certificate?: () => X509Certificate | undefined }

/** How long a refusal is remembered on its connection, milliseconds. */
const refusalMs = 10_000
const mostOffered = 16

/** Holds between the two: a wall clock that is put back asks anew. */
type Remembered = { verdict: ChainVerdict; atMs: number; untilMs: number }

export type Peers = {
  /** Undefined: no certificate was presented. */
  peerOf(request: IncomingRequest): Peer | undefined
  /** Against one bundle; the same question on the same connection is answered from memory while that holds. */
  verify(peer: Peer, bundle: Bundle): ChainVerdict
}

/**
 * Certificates of connections. Whether TLS called the peer authorized is never asked: that would mean "by some CA of
 * those advertised". A resumed session brings its leaf but not the chain, and is verified anew as a connection of its own:
 * it gets by only where a CA of today's bundle signed the leaf itself. `nowMs` is wall time.
 */
export function createPeers(nowMs: () => number): Peers {
  const peers = new WeakMap<object, Peer>()
  const verdicts = new WeakMap<object, WeakMap<Bundle, Remembered>>()
  return {
    peerOf(request) {
      const connection = request.stream?.session ?? request.socket
      const known = peers.get(connection)
      if (known) return known
      const socket = (request.stream?.session?.socket ?? request.socket) as TlsSocket
      const leaf = socket.getPeerX509Certificate?.()
      if (!leaf) return undefined
      const peer = { connection, leaf, offered: offeredWith(leaf) }
      peers.set(connection, peer)
      return peer
    },
    verify(peer, bundle) {
      const byBundle = verdicts.get(peer.connection) ?? new WeakMap()
      verdicts.set(peer.connection, byBundle)
      const known = byBundle.get(bundle)
      const atMs = nowMs()
      if (known && known.atMs <= atMs && atMs <= known.untilMs) return known.verdict
      const verdict = verifyChain(peer.leaf, peer.offered, bundle, atMs)
      byBundle.set(bundle, { verdict, atMs, untilMs: verdict.ok ? verdict.untilMs : atMs + refusalMs })
      return verdict
    },
  }
}

function offeredWith(leaf: X509Certificate): X509Certificate[] {
  const offered: X509Certificate[] = []
  for (
    let next = leaf.issuerCertificate;
    next && offered.length < mostOffered;
    next = next.issuerCertificate
  ) {
    offered.push(next)
  }
  return offered
}

/** The user a verified client certificate stands for; undefined when it has no common name. */
export function certificateUser(leaf: X509Certificate): User | undefined {
  const name = commonName(leaf)
  if (name === '') return undefined
  const sha256 = leaf.fingerprint256.replaceAll(':', '').toLowerCase()
  const extra: User['extra'] = Object.create(null)
  extra['authentication.kubernetes.io/credential-id'] = [`X509SHA256=${sha256}`]
  return { name, groups: subjectValues(leaf, 'O'), extra }
}

/** Of several common names the last counts; empty when there is none. */
export function commonName(leaf: X509Certificate): string {
  return subjectValues(leaf, 'CN').at(-1) ?? ''
}

type Subject = Partial<Record<'CN' | 'O', string | string[]>>

/** Every request of a connection asks, and the legacy form is a third of what a small answer costs. */
const subjects = new WeakMap<X509Certificate, Subject>()

/** From the legacy form, which leaves values unescaped (`subject` escapes commas and the like). */
function subjectOf(leaf: X509Certificate): Subject {
  const known = subjects.get(leaf)
  if (known) return known
  const subject = leaf.toLegacyObject().subject as Subject
  subjects.set(leaf, subject)
  return subject
}

function subjectValues(leaf: X509Certificate, key: keyof Subject): string[] {
  return [subjectOf(leaf)[key] ?? []].flat()
}
