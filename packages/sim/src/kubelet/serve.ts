import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import type { Answerer } from './answer.ts'
import type { Kubelet, KubeletParts } from './kubelet.ts'
import type { Identities } from './tls.ts'

/** TLS: a fatal alert, as Go's server sends it when it finds no certificate to show. */
const internalError = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50])

/** One HTTP server, which itself listens nowhere, serves the connections of all kubelets. */
export function serveWith(identities: Identities, answer: Answerer): KubeletParts['onSocket'] {
  const owners = new WeakMap<Socket, { kubelet: Kubelet; socket: Socket }>()
  const server = createServer({ keepAliveTimeout: 90_000, requestTimeout: 0 }, (request, response) => {
    const owner = owners.get(request.socket)
    if (!owner) return response.destroy()
    return answer(owner.kubelet, request, response, owner.socket).catch(() => response.destroy())
  })
  return (kubelet, socket) => {
    if (kubelet.fault?.kind === 'certificate' && kubelet.fault.problem === 'none')
      return void socket.once('data', () => socket.end(internalError))
    const secured = identities.secure(socket, kubelet.identity)
    secured.on('error', () => socket.destroy())
    owners.set(secured, { kubelet, socket })
    server.emit('connection', secured)
  }
}
