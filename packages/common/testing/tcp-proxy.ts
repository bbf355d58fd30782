import { connect, createServer, type Socket } from 'node:net'

/** A network between a client and a server on loopback, with faults. */
export type TcpProxy = {
  port: number
  /** Where new connections go from now on; those there are end. */
  lead(toPort: number): void
  /** Every answer comes so many milliseconds late. */
  delay(ms: number): void
  /** Nothing passes any more and nobody is told: connections stay, half open; new ones are taken and stay silent. */
  freeze(): void
  /** New connections pass again; what was frozen stays so. */
  thaw(): void
  stop(): Promise<void>
}

export async function startTcpProxy(toPort: number): Promise<TcpProxy> {
  const open = new Set<Socket>()
  let target = toPort
  let delayMs = 0
  let frozen = false
  /** Counts the freezes: a connection passes nothing any more once there was one in its life. */
  let freezes = 0

  const server = createServer((client) => {
    const born = freezes
    const up = connect(target, '127.0.0.1')
    for (const socket of [client, up]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
    }
    const passes = () => !frozen && freezes === born
    client.on('data', (chunk) => passes() && up.write(chunk))
    up.on('data', (chunk) => {
      if (delayMs === 0) return void (passes() && client.write(chunk))
      setTimeout(() => passes() && !client.destroyed && client.write(chunk), delayMs)
    })
    client.on('close', () => end(client, up))
    up.on('close', () => (passes() ? end(up, client) : open.delete(up)))
  })
  function end(closed: Socket, other: Socket) {
    open.delete(closed)
    other.destroy()
  }
  function endAll() {
    for (const socket of open) socket.destroy()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    lead(port) {
      target = port
      endAll()
    },
    delay(ms) {
      delayMs = ms
    },
    freeze() {
      frozen = true
      freezes++
    },
    thaw() {
      frozen = false
    },
    stop() {
      endAll()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
