import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that Linux gives to clients (net.ipv4.ip_local_port_range): 5,000 connections would soon take what is free now. */
const [from, to] = [20_000, 32_768]

/** A port of the loopback interface on which nobody listens now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(from, to)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
      throw error
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
