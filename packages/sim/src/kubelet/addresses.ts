import { createServer, type Server, type Socket } from 'node:net'

const MOST_MOVES = 200

/** Hands out addresses of the loopback network, next to each other, from a random place. */
export type Addresses = {
  next(): string
  /** Goes on somewhere else: another cluster is here. */
  move(): void
}

export function createAddresses(random: () => number = Math.random): Addresses {
  let at = 0
  const move = () => {
    const [second, third] = [1 + Math.floor(random() * 254), Math.floor(random() * 256)]
    at = (second << 16) | (third << 8)
  }
  move()
  return {
    next() {
      at++
      if ((at & 255) > 250) at = (at | 255) + 2
      if (at >> 16 > 254) at = (1 << 16) | 1
      return `127.${at >> 16}.${(at >> 8) & 255}.${at & 255}`
    },
    move,
  }
}

export type Listener = { server: Server; address: string }

/** Listens on the next free address. */
export async function listenAnywhere(
  addresses: Addresses,
  port: number,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  for (let moves = 0; ; moves++) {
    const address = addresses.next()
    try {
      return { address, server: await listenOn(address, port, onSocket) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || moves === MOST_MOVES) throw error
      addresses.move()
    }
  }
}

/** Port 0 is any free one. */
export function listenOn(address: string, port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, onSocket)
    server.once('error', reject)
    server.listen({ port, host: address, backlog: 128 }, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (server.listening) server.close(() => resolve())
    else resolve()
  })
}
