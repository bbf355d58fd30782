import { X509Certificate } from 'node:crypto'
import type { ServingPair } from '@metrics-ring/common/tls'

/**
 * What the replicas share in a Secret. A certificate authority lives through:
 *
 *   announced (`next`, in the bundle, signs nothing) → signs (`authority`) → retiring (in the bundle only) → gone
 *
 * At any time the bundle verifies what is served by a replica that has seen this state or the one before,
 * so a state may be left only after it has stood for the overlap and the APIServices trust its bundle.
 */
export type ServingState = {
  authority: ServingPair
  /** The authority to come, while it is announced. */
  next?: ServingPair
  serving: ServingPair
  /** Certificates of all authorities to trust, PEM. */
  bundle: string
}

export type ServingStep = 'create' | 'announce' | 'switch' | 'retire' | 'renew' | 'keep'

export type ServingFacts = {
  nowMs: number
  /** DNS names that the certificate must have. */
  names: readonly string[]
  /** How long this replica has seen the state as it is. */
  stoodMs: number
  /** How long a state must stand before the next step of a rotation. */
  overlapMs: number
  /** The APIServices that lead to us trust the bundle of this state. */
  published: boolean
  /** A new authority is wanted though this one does not end soon. */
  rotate: boolean
}

const dayMs = 86_400_000
/** Lives of what is made here, and the rest of them at which the successor is made, milliseconds. */
export const lives = { authorityMs: 365 * dayMs, servingMs: 90 * dayMs }
const least = { authorityMs: 120 * dayMs, servingMs: 30 * dayMs }

/** What is to be done about the state there is; undefined: there is none, or it cannot be read. */
export function servingStep(state: ServingState | undefined, facts: ServingFacts): ServingStep {
  const { nowMs, stoodMs, overlapMs, published, rotate } = facts
  if (!state || restMs(state.authority, nowMs) <= 0) return 'create'
  if (!servesWell(state, facts)) return 'renew'
  const settled = stoodMs >= overlapMs && published
  if (state.next) return settled ? 'switch' : 'keep'
  if (certificatesOf(state.bundle).length > 1) return settled ? 'retire' : 'keep'
  const wanted = rotate || restMs(state.authority, nowMs) < least.authorityMs
  return wanted ? 'announce' : 'keep'
}

function servesWell({ authority, serving }: ServingState, { nowMs, names }: ServingFacts): boolean {
  // Signed by an authority that ends soon it cannot last longer: that is for the rotation to mend.
  const enough = Math.min(least.servingMs, restMs(authority, nowMs) - dayMs)
  const cert = new X509Certificate(serving.cert)
  return restMs(serving, nowMs) > enough && names.every((name) => cert.checkHost(name) !== undefined)
}

function restMs({ cert }: ServingPair, nowMs: number): number {
  return Date.parse(new X509Certificate(cert).validTo) - nowMs
}

/** The certificates of a PEM bundle, each a PEM text. */
export function certificatesOf(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? []
}

const keys = {
  authorityCert: 'ca.crt',
  authorityKey: 'ca.key',
  nextCert: 'next-ca.crt',
  nextKey: 'next-ca.key',
  servingCert: 'tls.crt',
  servingKey: 'tls.key',
  bundle: 'ca-bundle.crt',
} as const

export type SecretData = Record<string, string>

/** Undefined when anything that is needed is missing or is no certificate. */
export function stateOfData(data: SecretData): ServingState | undefined {
  const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString()
  const authority = { cert: text(keys.authorityCert), key: text(keys.authorityKey) }
  const next = { cert: text(keys.nextCert), key: text(keys.nextKey) }
  const serving = { cert: text(keys.servingCert), key: text(keys.servingKey) }
  const bundle = text(keys.bundle)
  const announced = next.cert !== '' && next.key !== ''
  const pairs = announced ? [authority, next, serving] : [authority, serving]
  if (bundle === '' || !pairs.every(fits)) return undefined
  return { authority, serving, bundle, ...(announced && { next }) }
}

function fits({ cert, key }: ServingPair): boolean {
  try {
    return key !== '' && new X509Certificate(cert).subject !== ''
  } catch {
    return false
  }
}

export function dataOfState({ authority, next, serving, bundle }: ServingState): SecretData {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    [keys.authorityCert]: base64(authority.cert),
    [keys.authorityKey]: base64(authority.key),
    ...(next && { [keys.nextCert]: base64(next.cert), [keys.nextKey]: base64(next.key) }),
    [keys.servingCert]: base64(serving.cert),
    [keys.servingKey]: base64(serving.key),
    [keys.bundle]: base64(bundle),
  }
}
