import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import type { Sampling } from '@metrics-ring/sim/kubelet/kubelets'
import type { ListClientRequest } from '../list/client.ts'
import { processUsage } from '../process-usage.ts'
import { type Peer, startModule, startSimulated } from '../processes.ts'
import type { Bench } from '../scenario.ts'
import type { ApiCounts, ControlPlane, ControlPlaneRequest } from './control-plane.ts'
import type { KubeletCounts, KubeletsRequest, KubeletsStarted } from './kubelets.ts'
import type { ClusterSize } from './model.ts'

export type SiteOptions = Omit<ClusterSize, 'beganMs'> & {
  intervalMs: number
  /** Of each kubelet process; the nodes are dealt out in turn. */
  samplings: readonly Sampling[]
}

/** The other side of everything that is compared: API server, kubelets and a client, each a process of its own. */
export type Site = ControlPlane & {
  options: SiteOptions
  dir: string
  /** Of the kubelets' serving certificates. */
  kubeletCaFile: string
  client: Peer<ListClientRequest>
  account(account: string, client: string): Promise<string>
  selectors(count: number): Promise<{ namespace: string; selector: string }[]>
  /** No node is there. */
  hideNodes(): Promise<void>
  /**
   * The nodes come, evenly over two intervals. At once they would ask for more handshakes in the first seconds than
   * this machine has CPU for: here, all kubelets share it with whoever scrapes them.
   */
  showNodes(): Promise<void>
  /** So large a share of the kubelets, or none. */
  hang(share: number): Promise<void>
  resetCounts(): Promise<void>
  /** Of each kubelet process, within a window (milliseconds since the epoch). */
  scrapes(fromMs: number, toMs: number): Promise<KubeletCounts[]>
  apiCounts(): Promise<ApiCounts>
  /** Of the simulator since it started: it is nobody's cost. */
  ownCost(): SimulatorCost
  stop(): Promise<void>
}

export type SimulatorCost = { cpuMs: number; rssBytes: number; processes: number }

export async function startSite(bench: Bench, options: SiteOptions): Promise<Site> {
  const lifecycle = createLifecycle((error) => bench.progress(`stopping: ${String(error)}`))
  bench.lifecycle.add(lifecycle.stop)
  const { intervalMs, samplings } = options
  const size: ClusterSize = { ...options, beganMs: Date.now() - 300_000 }
  bench.progress(`starting an API server and ${size.nodes} kubelets with ${size.podsPerNode} pods each`)
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-bench-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  const simulate = <Q>(module: string) => {
    const peer = startSimulated<Q>(module)
    lifecycle.add(peer.stop)
    return peer
  }
  const api = simulate<ControlPlaneRequest>('compare/control-plane.ts')
  const plane = await api.ask<ControlPlane>({ do: 'start', size, kubeletProcesses: samplings.length })
  const kubelets = samplings.map(() => simulate<KubeletsRequest>('compare/kubelets.ts'))
  const started = await Promise.all(
    kubelets.map((peer, index) =>
      peer.ask<KubeletsStarted>({
        ...{ do: 'start', size, plane, intervalMs, sampling: samplings[index] ?? 'cadvisor' },
        share: { index, of: samplings.length },
      }),
    ),
  )
  await api.ask({ do: 'publish', kubelets: started.flatMap(({ listening }) => listening) })
  const kubeletCaFile = join(dir, 'kubelets.crt')
  writeFileSync(kubeletCaFile, started.map(({ caPem }) => caPem).join(''))
  const client = startModule<ListClientRequest>('list/client.ts')
  lifecycle.add(client.stop)
  const everyone = (request: KubeletsRequest) => Promise.all(kubelets.map((peer) => peer.ask(request)))
  return {
    ...plane,
    options,
    dir,
    kubeletCaFile,
    client,
    account: (account, name) => api.ask({ do: 'account', account, client: name }),
    selectors: (count) => api.ask({ do: 'selectors', count }),
    async hideNodes() {
      await api.ask({ do: 'nodes', count: 0 })
    },
    async showNodes() {
      const steps = 60
      for (let step = 1; step <= steps; step++) {
        await api.ask({ do: 'nodes', count: Math.round((step * options.nodes) / steps) })
        await new Promise((resolve) => setTimeout(resolve, (2 * intervalMs) / steps))
      }
    },
    async hang(share) {
      const nodes = Math.round((share * options.nodes) / kubelets.length)
      await everyone({ do: 'hang', nodes })
    },
    async resetCounts() {
      await Promise.all([api.ask({ do: 'reset' }), everyone({ do: 'reset' })])
    },
    scrapes: (fromMs, toMs) =>
      Promise.all(kubelets.map((peer) => peer.ask<KubeletCounts>({ do: 'counts', fromMs, toMs }))),
    apiCounts: () => api.ask({ do: 'counts' }),
    ownCost() {
      const all = [api, ...kubelets].map(({ pid }) => processUsage(pid))
      return {
        cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
        rssBytes: all.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
        processes: all.length,
      }
    },
    stop: lifecycle.stop,
  }
}
