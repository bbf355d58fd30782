import type { IncomingMessage } from 'node:http'
import { Agent, request as requestHttps } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { type Connection, plainHeaders } from './transport.ts'

/** A kept-alive HTTP/1.1 connection, or several when requests overlap. */
export function overHttp1(options: ConnectionOptions, authority: string): Connection {
  const agent = new Agent({ ...options, keepAlive: true })
  let open = true
  const shut = () => {
    open = false
    agent.destroy()
  }
  return {
    usable: () => open,
    close: shut,
    destroy: shut,
    async send({ method, path, headers, body }, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
      const { host, port, servername } = options
      const target = { agent, host, port, servername, method, path, signal }
      const outgoing = requestHttps({ ...target, headers: { ...headers, host: authority } }, resolve)
      outgoing.once('error', reject)
      if (body) body.pipe(outgoing)
      else outgoing.end()
      const incoming = await promise
      return { status: incoming.statusCode ?? 0, headers: plainHeaders(incoming.headers), body: incoming }
    },
  }
}
