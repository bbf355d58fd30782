/**
 * Connections to extension API servers, shared by probe, discovery and proxy as in the real aggregator.
 * With aggregator routing each request goes to a random ready endpoint, over one connection per endpoint.
 * Without it, all requests share one connection through the Service's cluster address: an endpoint is
 * picked when it is opened, and it stays there until it breaks, whatever becomes of the EndpointSlices.
 */

import type { Storage } from '../storage.ts'
import { openConnection, type Pings } from './connection.ts'
import { type Endpoint, resolve, type Target } from './endpoints.ts'
import { type Connection, type Incoming, type Outgoing, Unprocessed } from './transport.ts'

export type ClientCertificate = { certPem: string; keyPem: string }
export type PoolOptions = { aggregatorRouting: boolean; pings: Pings; certificate: () => ClientCertificate }

/** A request that reached no server; `endpoint` is where it was meant to go. */
export class TransportError extends Error {}

export type Pool = ReturnType<typeof createPool>

export function createPool(storage: Storage, { aggregatorRouting, pings, certificate }: PoolOptions) {
  const connections = new Map<string, { endpoint: Endpoint; connection: Promise<Connection> }>()

  function pick(target: Target): Endpoint {
    const found = resolve(storage, target)
    if (!('endpoints' in found)) throw new TransportError(found.message)
    const { endpoints } = found
    return endpoints[Math.floor(Math.random() * endpoints.length)] as Endpoint
  }

  function keyOf(target: Target, endpoint: Endpoint): string {
    const { service, serverName, caBundle, insecure } = target
    const place = aggregatorRouting ? `${endpoint.host}:${endpoint.port}` : service
    return JSON.stringify([place, serverName, caBundle, insecure])
  }

  function open(target: Target, endpoint: Endpoint, key: string): Promise<Connection> {
    const { certPem: cert, keyPem } = certificate()
    const connection = openConnection(endpoint, { ...target, cert, key: keyPem }, pings)
    connections.set(key, { endpoint, connection })
    connection.catch(() => forget(key, connection))
    return connection
  }

  function forget(key: string, connection: Promise<Connection>): void {
    if (connections.get(key)?.connection === connection) connections.delete(key)
  }

  async function connectionTo(target: Target): Promise<Connection> {
    const endpoint = pick(target)
    const key = keyOf(target, endpoint)
    const pooled = connections.get(key)
    if (pooled) {
      const connection = await pooled.connection
      if (connection.usable()) return connection
      forget(key, pooled.connection)
    }
    return connections.get(key)?.connection ?? open(target, endpoint, key)
  }

  return {
    /** Where the next request may go, for messages. @throws TransportError without a ready endpoint */
    pick,

    /** @throws the transport's error; a request left unprocessed is sent again if it has no body */
    async send(target: Target, outgoing: Outgoing, signal: AbortSignal): Promise<Incoming> {
      for (let attempt = 0; ; attempt += 1) {
        const connection = await connectionTo(target)
        try {
          return await connection.send(outgoing, signal)
        } catch (error) {
          if (!(error instanceof Unprocessed) || outgoing.body || attempt >= 6) throw error
        }
      }
    },

    /** Closes connections to endpoints that are ready no more, once their requests are done. */
    async retain(ready: (endpoint: Endpoint) => boolean): Promise<void> {
      if (!aggregatorRouting) return
      for (const [key, { endpoint, connection }] of connections) {
        if (ready(endpoint)) continue
        connections.delete(key)
        connection.then((each) => each.close()).catch(() => {})
      }
    },

    /** Lets go of all connections, so that new ones bear the present client certificate. */
    renew(): void {
      for (const { connection } of connections.values())
        connection.then((each) => each.close()).catch(() => {})
      connections.clear()
    },

    async close(): Promise<void> {
      const open = [...connections.values()].map(({ connection }) => connection)
      connections.clear()
      await Promise.all(open.map((connection) => connection.then((each) => each.destroy()).catch(() => {})))
    },
  }
}
