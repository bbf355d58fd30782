import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'

export type HttpAnswer = { status: number; headers: IncomingHttpHeaders; bytes: Buffer; text: string }

/** A client of one server over HTTP/1.1, with a bearer token. */
export type HttpClient = {
  get(path: string, headers?: Record<string, string | string[]>): Promise<HttpAnswer>
  send(
    method: string,
    path: string,
    headers?: Record<string, string | string[]>,
    body?: string,
  ): Promise<HttpAnswer>
  close(): void
}

const patienceMs = 30_000

export type Access = { url: string; ca?: string; token?: string }

/** @param kubeconfig of a ServiceAccount, as the simulated cluster writes it */
export function readAccess(kubeconfig: string): Required<Access> {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8'))
  const { server, 'certificate-authority-data': ca } = clusters[0].cluster
  return { url: server, ca: Buffer.from(ca, 'base64').toString(), token: users[0].user.token }
}

export function createHttpClient({ url, ca, token }: Access): HttpClient {
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca }
  const agent = new Agent({ keepAlive: true, ...trust })
  const credentials = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const send: HttpClient['send'] = async (method, path, headers = {}, body = '') => {
    const outgoing = request(url + path, { method, agent, headers: { ...credentials, ...headers } })
    outgoing.setTimeout(patienceMs, () => outgoing.destroy(new Error(`no answer to ${method} ${path}`)))
    outgoing.end(body)
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
    const bytes = Buffer.concat(await incoming.toArray())
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, text: bytes.toString() }
  }
  return { send, get: (path, headers) => send('GET', path, headers), close: () => agent.destroy() }
}
