import { Agent, request } from 'undici'
import { CodedError, errorText } from '../errors.ts'
import { createCurrentTls, type KubeTls } from './current-tls.ts'
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

/** The body of an answer, whatever its status: JSON as it is parsed, protobuf as a Buffer. */
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
  const connections = createConnections(config)

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
        dispatcher: await connections.current(),
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
    close: connections.close,
  }
}

/** Connections of the certificates of now. When those change, the old ones only finish what is under way. */
function createConnections(config: KubeAccess) {
  const currentTls = createCurrentTls(config)
  let used = { tls: config.tls, agent: createAgent(config.tls) }
  const open = new Set([used.agent])

  async function current(): Promise<Agent> {
    const tls = await currentTls()
    if (tls === used.tls) return used.agent
    const { agent: old } = used
    used = { tls, agent: createAgent(tls) }
    open.add(used.agent)
    const forget = () => void open.delete(old)
    old.close().then(forget, forget)
    return used.agent
  }
  return {
    current,
    async close() {
      await Promise.all([...open].map((agent) => agent.destroy()))
    },
  }
}

/**
 * What a server may send before it is told that it was read. A page of a list has 2 MB: with undici's own 256 kB the server
 * would wait seven times within it. A stream has as much as Go's client gives it.
 */
const windowBytes = { stream: 4 * 2 ** 20, connection: 16 * 2 ** 20 }

function createAgent(tls: KubeTls): Agent {
  return new Agent({
    connect: { ...tls, timeout: 5_000 },
    // A watch is silent between bookmarks; the reflector has its own watchdog.
    bodyTimeout: 0,
    keepAliveTimeout: 60_000,
    // `h2Options` would be the place, but undici's types do not know the first there.
    initialWindowSize: windowBytes.stream,
    connectionWindowSize: windowBytes.connection,
  })
}

type Response = Awaited<ReturnType<typeof request>>

async function answer(server: string, response: Response): Promise<KubeAnswer> {
  const isProtobuf = String(response.headers['content-type']).startsWith(
    'application/vnd.kubernetes.protobuf',
  )
  let body: unknown
  try {
    if (isProtobuf) body = Buffer.from(await response.body.arrayBuffer())
    else body = parseBody(await response.body.text())
  } catch (error) {
    throw unreachable(server, error)
  }
  const retryAfter = Number(response.headers['retry-after'])
  const dateMs = Date.parse(String(response.headers.date))
  return {
    status: response.statusCode,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
    ...(dateMs > 0 ? { dateMs } : {}),
    body,
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
