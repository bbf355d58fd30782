import type { Server, Socket } from 'node:net'
import type { NodeState } from '../model/model.ts'
import type { Issued } from '../pki.ts'
import { type Account, createAccount } from './accounts.ts'
import { type Addresses, listenAnywhere, listenOn, stopListening } from './addresses.ts'
import type { Asked } from './answer.ts'
import type { Fault } from './faults.ts'
import type { SamplingClock } from './sampling.ts'
import { createNodeReader, type Sampling } from './series.ts'
import type { Identities } from './tls.ts'

/** One kubelet: an address, a certificate, what is wrong with it and what it has counted. */
export type Kubelet = Asked & {
  readonly node: NodeState
  readonly account: Account
  readonly sockets: Set<Socket>
  server: Server
  identity: Issued
}

export type KubeletParts = {
  addresses: Addresses
  port: number
  sampling: Sampling
  clock: SamplingClock
  identities: Identities
  /** A connection that a kubelet has accepted. */
  onSocket(kubelet: Kubelet, socket: Socket): void
}

/** Finds the node an address, tells the node, and listens. */
export async function startKubelet(node: NodeState, parts: KubeletParts): Promise<Kubelet> {
  const held: { kubelet?: Kubelet } = {}
  const accept = (socket: Socket) => (held.kubelet ? accepted(held.kubelet, socket, parts) : socket.destroy())
  const { server, address } = await listenAnywhere(parts.addresses, parts.port, accept)
  const bound = server.address()
  node.address = address
  node.port = typeof bound === 'object' && bound ? bound.port : parts.port
  held.kubelet = {
    node,
    account: createAccount(),
    reader: createNodeReader(node, parts.sampling, parts.clock),
    fault: undefined,
    sockets: new Set(),
    server,
    identity: await parts.identities.issue(node.name, address),
  }
  return held.kubelet
}

function accepted(kubelet: Kubelet, socket: Socket, parts: KubeletParts): void {
  kubelet.account.connections++
  kubelet.sockets.add(socket)
  socket.once('close', () => kubelet.sockets.delete(socket))
  socket.on('error', () => socket.destroy())
  parts.onSocket(kubelet, socket)
}

/** Cuts what is open where the fault, or its end, concerns connections. */
export async function changeFault(
  kubelet: Kubelet,
  fault: Fault | undefined,
  parts: KubeletParts,
): Promise<void> {
  const before = kubelet.fault
  kubelet.fault = fault
  const { node } = kubelet
  if (fault?.kind === 'refuse') await stopKubelet(kubelet)
  else if (before?.kind === 'refuse') {
    kubelet.server = await listenOn(node.address, node.port, (socket) => accepted(kubelet, socket, parts))
  }
  if (fault?.kind === 'certificate' || before?.kind === 'certificate') {
    const problem = fault?.kind === 'certificate' ? fault.problem : undefined
    kubelet.identity = await parts.identities.issue(node.name, node.address, problem)
    cut(kubelet)
  }
  if (before?.kind === 'hang') cut(kubelet)
}

function cut(kubelet: Kubelet): void {
  for (const socket of kubelet.sockets) socket.destroy()
}

export function stopKubelet(kubelet: Kubelet): Promise<void> {
  const stopped = stopListening(kubelet.server)
  cut(kubelet)
  return stopped
}
