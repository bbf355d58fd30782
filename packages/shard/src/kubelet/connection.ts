import type { SecureContext, TLSSocket } from 'node:tls'
import { Client } from 'undici'
import { hostPort } from './addresses.ts'
import { type Collected, collect } from './answer.ts'
import type { Budget } from './budget.ts'

/** A TLS connection to a kubelet that is kept between scrapes. */
export type Connection = {
  readonly address: string
  readonly port: number
  /** Of the Node it was made for. */
  readonly uid: string
  /** What it was verified with. */
  readonly context: SecureContext
  /** False once either side has closed it. */
  readonly open: boolean
  /** Whether it has carried a request before. */
  readonly used: boolean
  /** One GET; ends with the budget, which closes the connection. Never rejects. */
  get(path: string, headers: Record<string, string>, limitBytes: number, budget: Budget): Promise<Collected>
  close(): void
}

type Made = Pick<Connection, 'address' | 'port' | 'uid' | 'context'>

/** HTTP/1.1 over `socket`: one request at a time needs no multiplexing, and costs a third less than HTTP/2. */
export function createConnection(socket: TLSSocket, made: Made, keepAliveMs: number): Connection {
  let open = true
  let used = false
  let given = false
  const client = new Client(`https://${hostPort(made.address, made.port)}`, {
    // The budget is the only clock of an exchange.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    keepAliveMaxTimeout: keepAliveMs,
    allowH2: false,
    connect(_, callback) {
      const reply = given ? () => callback(closedError(), null) : () => callback(null, socket)
      given = true
      // Not while the client is still calling us: it would not notice.
      queueMicrotask(reply)
    },
  })
  client.on('disconnect', close)

  function close(): void {
    open = false
    void client.destroy().catch(() => {})
    socket.destroy()
  }

  return {
    ...made,
    get open() {
      return open && !socket.destroyed
    },
    get used() {
      return used
    },
    get(path, headers, limitBytes, budget) {
      const { promise, resolve } = Promise.withResolvers<Collected>()
      const answer = collect(limitBytes, resolve)
      budget.watch(() => {
        answer.cut(budget.failure(`GET ${path} from ${hostPort(made.address, made.port)}`))
        close()
      })
      if (!budget.ended) client.dispatch({ method: 'GET', path, headers }, answer)
      used = true
      return promise
    },
    close,
  }
}

function closedError(): Error {
  return Object.assign(new Error('the kubelet closed the kept connection'), { code: 'ECONNRESET' })
}
