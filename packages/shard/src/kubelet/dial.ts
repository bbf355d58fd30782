import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import type { Clock } from '@metrics-ring/common/clock'
import { hostPort } from './addresses.ts'
import type { Budget } from './budget.ts'
import { describe, errorReason, type Failure, failure, type ScrapeReason } from './reasons.ts'

export type DialPlan = {
  clock: Clock
  budget: Budget
  /** In the order to try them; at least one. */
  addresses: string[]
  port: number
  tls: (address: string) => ConnectionOptions
  /** How long an address may take to accept before the next one is tried beside it, milliseconds. */
  staggerMs: number
}

export type Dialled = { ok: true; socket: TLSSocket; address: string } | Failure

/** Of several addresses that failed, the reason that tells most: the attempt that got furthest. */
const FURTHEST: ScrapeReason[] = [
  'tls_name_mismatch',
  'tls_expired',
  'tls_unknown_ca',
  'tls_other',
  'reset',
  'refused',
  'timeout',
  'unreachable',
  'dns',
]

const HANDSHAKE_FACTOR = 5

/** A socket without a listener for its errors would end the process. */
const ignore = () => {}

type Attempt = { address: string; socket: TLSSocket; accepted: boolean }

/**
 * Opens a TLS connection to the first address that gives one, in the manner of RFC 8305: the next address is tried
 * as soon as one fails or has not accepted in time; one that has accepted gets five times that for the handshake.
 */
export function dial(plan: DialPlan): Promise<Dialled> {
  const { promise, resolve } = Promise.withResolvers<Dialled>()
  const attempts = new Set<Attempt>()
  const failures: { address: string; error: unknown }[] = []
  const waiting = [...plan.addresses]
  let stopStagger = () => {}

  function next(): void {
    stopStagger()
    const address = waiting.shift()
    if (address !== undefined) attempt(address)
    else if (attempts.size === 0) finish(allFailed(plan.port, failures))
  }

  function stagger(ms: number): void {
    stopStagger()
    if (waiting.length > 0) stopStagger = plan.clock.after(ms, next)
  }

  function attempt(address: string): void {
    const socket = connect(plan.tls(address))
    const each: Attempt = { address, socket, accepted: false }
    attempts.add(each)
    stagger(plan.staggerMs)
    const fail = (error: unknown) => {
      if (!attempts.delete(each)) return
      failures.push({ address, error })
      next()
    }
    const closed = () => fail(Object.assign(new Error('closed in the handshake'), { code: 'ECONNRESET' }))
    socket.on('error', ignore).once('error', fail).once('close', closed)
    socket.once('connect', () => {
      each.accepted = true
      stagger(plan.staggerMs * HANDSHAKE_FACTOR)
    })
    socket.once('secureConnect', () => {
      attempts.delete(each)
      socket.off('error', fail).off('close', closed)
      finish({ ok: true, socket, address })
    })
  }

  function finish(dialled: Dialled): void {
    stopStagger()
    for (const { socket } of attempts) socket.destroy()
    attempts.clear()
    resolve(dialled)
  }

  plan.budget.watch(() => finish(plan.budget.failure(progress(attempts, plan.port))))
  if (!plan.budget.ended) next()
  return promise
}

function progress(attempts: Set<Attempt>, port: number): string {
  const each = [...attempts].map(({ address, accepted }) =>
    accepted
      ? `TLS handshake with ${hostPort(address, port)}`
      : `waiting for ${hostPort(address, port)} to accept`,
  )
  return each.join(', ') || 'dialling'
}

function allFailed(port: number, failures: { address: string; error: unknown }[]): Failure {
  const reasons = failures.map(({ error }) => errorReason(error))
  const reason = FURTHEST.find((each) => reasons.includes(each)) ?? reasons[0] ?? 'other'
  const details = failures.map(({ address, error }) => `${hostPort(address, port)}: ${describe(error)}`)
  return failure(reason, details.join('; '))
}
