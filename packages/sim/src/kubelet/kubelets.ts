import type { Model, Subject } from '../model/model.ts'
import type { CertificateAuthority } from '../pki.ts'
import { clear, type Scrape } from './accounts.ts'
import { createAddresses } from './addresses.ts'
import { createAnswerer } from './answer.ts'
import { type CredentialOptions, createGate, type TokenReview } from './credentials.ts'
import type { Fault } from './faults.ts'
import { changeFault, type Kubelet, type KubeletParts, startKubelet, stopKubelet } from './kubelet.ts'
import { looksAt } from './looks.ts'
import type { Sampling } from './series.ts'
import { serveWith } from './serve.ts'
import { createIdentities, type Identities } from './tls.ts'

export type { Scrape } from './accounts.ts'
export type { TokenReview } from './credentials.ts'
export type { CertificateProblem, Fault } from './faults.ts'
export type { Sampling } from './series.ts'

export type KubeletOptions = {
  model: Model
  /** The cluster CA: signs serving certificates, and is believed for client certificates. */
  pki: CertificateAuthority
  reviewToken(token: string): Promise<TokenReview>
  authorize: CredentialOptions['authorize']
  /** Of every kubelet, on an address of its own; 10250 by default, 0 for a free one each. */
  port?: number
  sampling?: Sampling
  /** The times of the `cadvisor` sampling shrink or grow with it; they are the real ones at 15 s. */
  intervalMs?: number
  /** How long the review of a token is remembered; 10 s by default. */
  tokenCacheMs?: number
}

export type Kubelets = {
  forNode(node: string): { address: string; port: number; url: string }
  /** Takes effect at once; what is under way is cut where the connection itself is concerned. */
  setFault(node: string, fault: Fault | undefined): Promise<void>
  /** Arrival of each request for `/metrics/resource` or `/stats/summary`, in milliseconds since the epoch. */
  scrapes(node: string): number[]
  /** The same with what became of each. */
  requests(node: string): readonly Scrape[]
  /** Opened since the last reset. */
  connections(node: string): number
  openConnections(node: string): number
  /** Of one node, or all. */
  reset(node?: string): void
  /** When the subject's samples within [fromMs, toMs] were taken; these are the timestamps served, unless the node's clock is off. */
  sampleTimes(subject: Subject, fromMs: number, toMs: number): number[]
  close(): Promise<void>
}

/** Starts a kubelet for every node of the model, and for those that come. Nodes get their addresses here. */
export async function startKubelets(options: KubeletOptions): Promise<Kubelets> {
  const { model } = options
  const kubelets = new Map<string, Kubelet>()
  const parts = assemble(options, await createIdentities(options.pki))
  const start = async (node: Parameters<typeof startKubelet>[0]) => {
    kubelets.set(node.name, await startKubelet(node, parts))
  }
  const stopAll = async () => {
    await Promise.all([...kubelets.values()].map(stopKubelet))
    kubelets.clear()
  }
  try {
    for (const node of model.nodes()) await start(node)
  } catch (error) {
    await stopAll()
    throw error
  }
  model.onNodes({
    added: start,
    async removed({ name }) {
      const kubelet = kubelets.get(name)
      kubelets.delete(name)
      if (kubelet) await stopKubelet(kubelet)
    },
  })
  return { ...counters(kubelets), ...controls(kubelets, parts, options), close: stopAll }
}

function assemble(options: KubeletOptions, identities: Identities): KubeletParts {
  const {
    model,
    pki,
    port = 10_250,
    sampling = 'cadvisor',
    intervalMs = 15_000,
    tokenCacheMs = 10_000,
  } = options
  const { reviewToken, authorize } = options
  const gate = createGate({ clientCaPem: pki.certPem, reviewToken, authorize, tokenCacheMs, now: model.now })
  return {
    addresses: createAddresses(),
    port,
    sampling,
    clock: { startedMs: model.startedMs, factor: intervalMs / 15_000 },
    identities,
    onSocket: serveWith(identities, createAnswerer({ gate, now: model.now })),
  }
}

function of(kubelets: Map<string, Kubelet>, node: string): Kubelet {
  const kubelet = kubelets.get(node)
  if (!kubelet) throw new Error(`no kubelet of ${node}`)
  return kubelet
}

function counters(kubelets: Map<string, Kubelet>) {
  const account = (node: string) => of(kubelets, node).account
  return {
    scrapes: (node: string) => account(node).scrapes.map(({ atMs }) => atMs),
    requests: (node: string) => account(node).scrapes,
    connections: (node: string) => account(node).connections,
    openConnections: (node: string) => of(kubelets, node).sockets.size,
    reset(node?: string) {
      for (const kubelet of node === undefined ? kubelets.values() : [of(kubelets, node)])
        clear(kubelet.account)
    },
  }
}

function controls(kubelets: Map<string, Kubelet>, parts: KubeletParts, { model }: KubeletOptions) {
  return {
    forNode(name: string) {
      const { address, port } = of(kubelets, name).node
      return { address, port, url: `https://${address}:${port}` }
    },
    setFault: (node: string, fault: Fault | undefined) => changeFault(of(kubelets, node), fault, parts),
    sampleTimes(subject: Subject, fromMs: number, toMs: number) {
      if (parts.sampling === 'cadvisor') return looksAt(model, parts.clock, subject, fromMs, toMs)
      const node = 'node' in subject ? subject.node : model.pod(subject.namespace, subject.pod).node
      const asked = of(kubelets, node).account.scrapes.filter(({ status }) => status === 200)
      return asked.map(({ atMs }) => atMs).filter((atMs) => fromMs <= atMs && atMs <= toMs)
    },
  }
}
