import type { Clock } from '@metrics-ring/common/clock'
import { CodedError } from '@metrics-ring/common/errors'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import { issueServingPair, makeAuthority, type ServingPair } from '@metrics-ring/common/tls'
import type { ApiServiceTrust } from './api-service-trust.ts'
import {
  certificatesOf,
  dataOfState,
  lives,
  type SecretData,
  type ServingState,
  type ServingStep,
  servingStep,
  stateOfData,
} from './serving-secret-state.ts'

export type ServingSecretOptions = {
  client: KubeClient
  clock: Clock
  nowMs: () => number
  secret: { namespace: string; name: string }
  /** DNS names of the certificate. */
  names: readonly string[]
  trust: ApiServiceTrust
  overlapMs?: number
  onStep?: (step: ServingStep) => void
}

export type ServingSecret = {
  /**
   * Reads the Secret, does what is to be done about it, has its authorities trusted, and gives the pair to serve.
   * Rejects with a CodedError `serving_secret` where the Secret can be neither read nor made.
   */
  look(): Promise<ServingPair>
  /** From the next look on a new authority is brought in, once. */
  rotate(): void
}

/** API servers and replicas look every few seconds; this is much more than both together. */
const defaultOverlapMs = 10 * 60_000
const mostTries = 5

type Stored = { object: Record<string, unknown>; version: string; state: ServingState | undefined }

/** One certificate authority and serving certificate that all replicas share; whoever writes first, wins. */
export function createServingSecret(options: ServingSecretOptions): ServingSecret {
  const { client, clock, nowMs, secret, names, trust, overlapMs = defaultOverlapMs, onStep } = options
  const collection = `/api/v1/namespaces/${secret.namespace}/secrets`
  const path = `${collection}/${secret.name}`
  let seen = { version: '', sinceMs: 0 }
  let rotate = false

  async function read(): Promise<Stored | undefined> {
    const { status, body } = await client.request('GET', path)
    if (status === 404) return undefined
    if (status !== 200) throw refused(`reading Secret ${secret.namespace}/${secret.name}`, status, body)
    const object = body as Record<string, unknown>
    const { resourceVersion = '' } = object.metadata as { resourceVersion?: string }
    return { object, version: resourceVersion, state: stateOfData((object.data ?? {}) as SecretData) }
  }

  /** Whether it was written; false: somebody else was first. */
  async function write(stored: Stored | undefined, state: ServingState): Promise<boolean> {
    const data = dataOfState(state)
    const made = { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: secret, data }
    const { status, body } = stored
      ? await client.request('PUT', path, { body: { ...stored.object, data } })
      : await client.request('POST', collection, { body: made })
    if (status === 409) return false
    if (status >= 300) throw refused(`writing Secret ${secret.namespace}/${secret.name}`, status, body)
    return true
  }

  async function look(): Promise<ServingPair> {
    for (let tries = 0; tries < mostTries; tries++) {
      const publish = await trust.look()
      const stored = await read()
      const state = stored?.state
      const bundle = state && stateBundle(state)
      if (stored && stored.version !== seen.version) seen = { version: stored.version, sinceMs: clock.mono() }
      const published = bundle !== undefined && (await publish(bundle))
      const facts = {
        nowMs: nowMs(),
        names,
        stoodMs: clock.mono() - seen.sinceMs,
        overlapMs,
        published,
        rotate,
      }
      const step = servingStep(state, facts)
      if (step === 'keep' && state) return state.serving
      const next = await take(step, state, names, nowMs())
      if (!(await write(stored, next))) continue
      if (step === 'announce') rotate = false
      onStep?.(step)
    }
    throw new CodedError('serving_secret', `Secret ${secret.namespace}/${secret.name} keeps changing`)
  }
  return {
    look,
    rotate() {
      rotate = true
    },
  }
}

function stateBundle({ bundle }: ServingState): string {
  return certificatesOf(bundle).join('')
}

/** The state that a step leads to. */
async function take(
  step: ServingStep,
  state: ServingState | undefined,
  names: readonly string[],
  nowMs: number,
): Promise<ServingState> {
  const issue = (by: ServingPair) => issueServingPair(by, [...names], nowMs, nowMs + lives.servingMs)
  const authority = () => makeAuthority('metrics-ring', nowMs, nowMs + lives.authorityMs)
  if (!state || step === 'create') {
    const made = await authority()
    return { authority: made, serving: await issue(made), bundle: made.cert }
  }
  const { authority: old, next, serving } = state
  if (step === 'announce') {
    const made = await authority()
    return { authority: old, next: made, serving, bundle: old.cert + made.cert }
  }
  if (step === 'switch' && next) {
    return { authority: next, serving: await issue(next), bundle: next.cert + old.cert }
  }
  if (step === 'renew') return { ...state, serving: await issue(old) }
  return { authority: old, serving, bundle: old.cert }
}

function refused(what: string, status: number, body: unknown): CodedError {
  const message = (body as { message?: string } | undefined)?.message
  return new CodedError('serving_secret', `${what}: ${status}${message ? `: ${message}` : ''}`)
}
