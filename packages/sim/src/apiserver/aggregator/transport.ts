/** What the two kinds of connection to an extension API server have in common. */
import type { Readable } from 'node:stream'

export type HeaderMap = Record<string, string | string[]>
export type Outgoing = { method: string; path: string; headers: HeaderMap; body?: Readable }
export type Incoming = { status: number; headers: HeaderMap; body: Readable }
export type Connection = {
  /** False once it is closing or closed; `send` would fail as `Unprocessed`. */
  usable(): boolean
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Incoming>
  /** Lets requests under way finish. */
  close(): void
  destroy(): void
}

/** The server did nothing with the request. */
export class Unprocessed extends Error {}

export type Trust = {
  serverName: string
  caBundle: string | undefined
  insecure: boolean
  cert: string
  key: string
}
/** Headers as received, without pseudo-headers. */
export function plainHeaders(headers: Record<string, unknown>): HeaderMap {
  const entries = Object.entries(headers).filter(
    ([name, value]) => !name.startsWith(':') && value !== undefined,
  )
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]),
  )
}
