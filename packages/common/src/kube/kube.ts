import { Agent, request } from 'undici'
import { CodedError, errorText } from '../errors.ts'
import type { KubeAccess } from './kubeconfig.ts'

export type KubeRequest = {
  /** Sent as JSON. */
  body?: unknown
  contentType?: string
  accept?: string
  signal?: AbortSignal
  /** Bound on the whole exchange, milliseconds (default 10 s). */
  timeoutMs?: number
}

/** The JSON body of an answer, whatever its status. */
export type KubeAnswer = {
  status: number
  retryAfterMs?: number
  /** When it was sent, by the API server's clock, milliseconds since the epoch; to the second. */
  dateMs?: number
  body: unknown
}

/**
 * Requests to the kube-apiserver. An HTTP status is an answer, not an error;
 * what never got an answer rejects with a CodedError `kube_unreachable`.
 */
export type KubeClient = {
  request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    options?: KubeRequest,
  ): Promise<KubeAnswer>
  /** A GET whose body is read as it arrives (a watch). A status other than 200 comes with its JSON body read. */
  stream(
    path: string,
    options: { accept?: string; signal: AbortSignal },
  ): Promise<{ status: 200; chunks: AsyncIterable<Buffer> } | (KubeAnswer & { chunks?: never })>
  close(): Promise<void>
}

export function createKubeClient(config: KubeAccess): KubeClient {
  const agent = new Agent({
    connect: { ...config.tls, timeout: 5_000 },
    // A watch is silent between bookmarks; the reflector has its own watchdog.
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
  })

  async function send(method: string, path: string, options: KubeRequest) {
    const headers: Record<string, string> = {
      accept: options.accept ?? 'application/json',
      'user-agent': 'metrics-ring',
    }
    const token = await config.token()
    if (token) headers.authorization = `Bearer ${token}`
    if (options.body !== undefined) headers['content-type'] = options.contentType ?? 'application/json'
    try {
      return await request(config.server + path, {
        method,
        headers,
        body: options.body === undefined ? null : JSON.stringify(options.body),
        dispatcher: agent,
        signal: options.signal ?? null,
      })
    } catch (error) {
      throw unreachable(config.server, error)
    }
  }

  return {
    async request(method, path, options = {}) {
      const timeout = AbortSignal.timeout(options.timeoutMs ?? 10_000)
      const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
      const response = await send(method, path, { ...options, signal })
      return answer(config.server, response)
    },
    async stream(path, options) {
      const response = await send('GET', path, options)
      if (response.statusCode !== 200) return answer(config.server, response)
      return { status: 200, chunks: response.body }
    },
    close: () => agent.destroy(),
  }
}

type Response = Awaited<ReturnType<typeof request>>

async function answer(server: string, response: Response): Promise<KubeAnswer> {
  let text: string
  try {
    text = await response.body.text()
  } catch (error) {
    throw unreachable(server, error)
  }
  const retryAfter = Number(response.headers['retry-after'])
  const dateMs = Date.parse(String(response.headers.date))
  return {
    status: response.statusCode,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
    ...(dateMs > 0 ? { dateMs } : {}),
    body: parseBody(text),
  }
}

/** JSON where it is JSON, else the text itself (proxies in between answer in plain text). */
function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}

function unreachable(server: string, cause: unknown): CodedError {
  return new CodedError('kube_unreachable', `no answer from the API server at ${server}: ${errorText(cause)}`)
}
