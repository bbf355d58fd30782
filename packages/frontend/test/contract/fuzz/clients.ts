import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import { Agent, request } from 'node:https'
import type { FuzzRequest } from './requests.ts'

export type FuzzAnswer = { status: number; type: string; body: Buffer }

/** Sends what is hardly HTTP. */
export type FuzzClient = { send(asked: FuzzRequest): Promise<FuzzAnswer>; close(): void }

const patienceMs = 30_000

export function createHttp1Client(port: number): FuzzClient {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 16 })
  return {
    async send({ method, path, headers, body }) {
      const outgoing = request({ host: '127.0.0.1', port, agent, method, path, headers })
      outgoing.setTimeout(patienceMs, () => outgoing.destroy(new Error('no answer')))
      outgoing.end(body)
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
      const { statusCode: status = 0, headers: answered } = incoming
      return { status, type: answered['content-type'] ?? '', body: Buffer.concat(await incoming.toArray()) }
    },
    close: () => agent.destroy(),
  }
}

export function createHttp2Client(port: number): FuzzClient {
  let session: ClientHttp2Session | undefined
  function open(): ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session
    session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    session.on('error', () => {})
    return session
  }
  return {
    async send({ method, path, headers, body }) {
      const stream = open().request(
        { ':method': method, ':path': path, ...headers },
        { endStream: body === '' },
      )
      stream.setTimeout(patienceMs, () => stream.destroy(new Error('no answer')))
      if (body !== '') stream.end(body)
      const [answered] = (await once(stream, 'response')) as [Record<string, string | number>]
      const type = String(answered['content-type'] ?? '')
      return { status: Number(answered[':status']), type, body: Buffer.concat(await stream.toArray()) }
    },
    close: () => session?.destroy(),
  }
}
