import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { type ProcessUsage, processUsage } from './process-usage.ts'

/** The simulated cluster as metrics-server finds it. */
export type MetricsServerCluster = {
  /** Kubeconfig of its ServiceAccount (`kube-system:metrics-server`). */
  kubeconfig: string
  /** CA of the kubelets' serving certificates: `ca.crt` in the cluster's directory. */
  caFile: string
}

export type MetricsServerOptions = {
  /** On 127.0.0.1. */
  port: number
  intervalMs: number
  /** Where it makes its serving certificate; one of its own for each. */
  certDir: string
  logFile: string
  /** More flags, the last of a name wins. */
  args?: string[]
}

export type MetricsServer = {
  pid: number
  /** Serves the Metrics API with a certificate of its own making. */
  url: string
  usage(): ProcessUsage
  /** SIGTERM, and SIGKILL to one that does not go. */
  stop(): Promise<void>
}

/** The metrics-server to compare with; undefined: none was given, and what needs it is not measured. */
export const metricsServerBinary = process.env.METRICS_SERVER || undefined

/** Starts the binary that METRICS_SERVER names, unmodified, with the flags of docs/simulated-cluster.md. */
export async function startMetricsServer(
  { kubeconfig, caFile }: MetricsServerCluster,
  { port, intervalMs, certDir, logFile, args = [] }: MetricsServerOptions,
): Promise<MetricsServer> {
  if (metricsServerBinary === undefined) throw new Error('METRICS_SERVER=path names no metrics-server')
  const child = spawn(
    metricsServerBinary,
    [
      ...['', 'authentication-', 'authorization-'].map((which) => `--${which}kubeconfig=${kubeconfig}`),
      `--kubelet-certificate-authority=${caFile}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--kubelet-use-node-status-port',
      `--metric-resolution=${intervalMs}ms`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${certDir}`,
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const log = createWriteStream(logFile, { flags: 'a' })
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false })
  const exited = once(child, 'exit').then(() => log.end())
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  return {
    pid,
    url: `https://127.0.0.1:${port}`,
    usage: () => processUsage(pid),
    async stop() {
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(patience)
    },
  }
}
