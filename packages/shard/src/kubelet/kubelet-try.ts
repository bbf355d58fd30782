import type { Clock } from '@metrics-ring/common/clock'
import { dialOrder } from './addresses.ts'
import { type Answer, inflate } from './answer.ts'
import type { Budget } from './budget.ts'
import { type Connection, createConnection } from './connection.ts'
import { dial } from './dial.ts'
import type { KubeletTarget } from './kubelet-target.ts'
import { type KubeletTlsOptions, type Trust, tlsOptions } from './kubelet-tls.ts'
import { type Failure, failure } from './reasons.ts'

/** What is kept of a kubelet from try to try. */
export type Kept = {
  connection: Connection | undefined
  /** The address that answered last. */
  worked: string | undefined
  /** The address that did not answer in time when it was asked last. */
  hung: string | undefined
}

export type TryDeps = {
  clock: Clock
  trust: () => Promise<Trust | Failure>
  tls: KubeletTlsOptions
  bodyLimitBytes: number
  keepAliveMs: number
  staggerMs: number
  gzip: boolean
}

export type Tried = {
  answer: (Answer & { address: string }) | Failure
  /** It went over a connection that had carried requests before. */
  reused: boolean
}

/** Asks a kubelet once, over the connection kept in `kept` or a new one. */
export async function ask(deps: TryDeps, kept: Kept, target: KubeletTarget, budget: Budget): Promise<Tried> {
  const trust = await deps.trust()
  if (!trust.ok) return { answer: trust, reused: false }
  const found = isUsable(kept.connection, target, trust)
    ? kept.connection
    : await open(deps, kept, target, trust, budget)
  if ('reason' in found) return { answer: found, reused: false }
  const reused = found.used
  const collected = await found.get(target.path, headersOf(trust, deps.gzip), deps.bodyLimitBytes, budget)
  const answer = collected.ok ? await inflate(collected, deps.bodyLimitBytes) : collected
  remember(kept, found.address, answer)
  return { answer: answer.ok ? { ...answer, address: found.address } : answer, reused }
}

/** A connection verified with other credentials, or made for an earlier Node of the name, is not used again. */
function isUsable(
  connection: Connection | undefined,
  target: KubeletTarget,
  trust: Trust,
): connection is Connection {
  return (
    connection?.open === true &&
    connection.context === trust.context &&
    connection.uid === target.uid &&
    connection.port === target.port &&
    target.addresses.includes(connection.address)
  )
}

async function open(
  deps: TryDeps,
  kept: Kept,
  target: KubeletTarget,
  trust: Trust,
  budget: Budget,
): Promise<Connection | Failure> {
  kept.connection?.close()
  kept.connection = undefined
  const addresses = dialOrder(target.addresses, kept.worked, kept.hung)
  if (addresses.length === 0) return failure('no_address', 'the Node has no address')
  const tls = (address: string) => tlsOptions(trust.context, deps.tls, target, address)
  const { clock, staggerMs } = deps
  const dialled = await dial({ clock, budget, addresses, port: target.port, tls, staggerMs })
  if (!dialled.ok) return dialled
  const { port, uid } = target
  const made = { address: dialled.address, port, uid, context: trust.context }
  kept.connection = createConnection(dialled.socket, made, deps.keepAliveMs)
  return kept.connection
}

function headersOf(trust: Trust, gzip: boolean): Record<string, string> {
  return {
    accept: 'text/plain;version=0.0.4',
    'accept-encoding': gzip ? 'gzip' : 'identity',
    'user-agent': 'metrics-ring',
    ...(trust.token && { authorization: `Bearer ${trust.token}` }),
  }
}

function remember(kept: Kept, address: string, answer: Answer | Failure): void {
  if (answer.ok) {
    kept.worked = address
    kept.hung = undefined
  } else if (answer.reason === 'timeout') {
    kept.hung = address
    kept.worked = undefined
  }
}
