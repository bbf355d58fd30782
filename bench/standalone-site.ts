import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { loadKubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { metricsServerBinary, startMetricsServer } from './metrics-server.ts'
import { startSimulator } from './processes.ts'
import type { Bench } from './scenario.ts'
import type { SimulatorRequest } from './simulator.ts'

export type Service = { pid: number; url: string; stop(): Promise<void> }

/** A busy machine may take longer to settle. */
export async function withPatience<T>(ask: () => Promise<T>, withinMs = 60_000): Promise<T> {
  for (const endMs = Date.now() + withinMs; ; await sleep(1_000)) {
    try {
      return await ask()
    } catch (error) {
      if (Date.now() > endMs) throw error
    }
  }
}

/** How many pods are in the list of all, asked for by somebody with a token. */
export function listPods(url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
    const asked = request(`${url}/apis/metrics.k8s.io/v1beta1/pods`, { rejectUnauthorized: false, headers })
    asked.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString()
        if (response.statusCode === 200) resolve((JSON.parse(body) as { items: unknown[] }).items.length)
        else reject(new Error(`${url} answered ${response.statusCode}: ${body.slice(0, 200)}`))
      })
    })
    asked.on('error', reject).end()
  })
}

export async function prepareSite(
  { lifecycle, progress }: Bench,
  { nodes, podsPerNode, intervalMs }: { nodes: number; podsPerNode: number; intervalMs: number },
) {
  const dir = mkdtempSync(join(tmpdir(), 'metrics-ring-bench-'))
  lifecycle.add(() => rmSync(dir, { recursive: true, force: true }))
  progress(`starting ${nodes} kubelets with ${podsPerNode} pods each`)
  const simulator = startSimulator<SimulatorRequest>()
  lifecycle.add(simulator.stop)
  const cluster = await simulator.ask<{ dir: string }>({
    do: 'start',
    options: { nodes, podsPerNode, intervalMs, seed: 1 },
  })
  const account = (name: string, client: string) =>
    simulator.ask<string>({ do: 'account', account: name, client })
  const viewer = await loadKubeConfig(await account('default:viewer', 'viewer'), {})

  return {
    token: (await viewer.token()) ?? '',
    async startStandalone(): Promise<Service> {
      const port = await freePort()
      const kubeconfig = await account('kube-system:metrics-server', 'standalone')
      const service = startOwn(join(dir, 'standalone.log'), [
        ...['standalone', `--kubeconfig=${kubeconfig}`, `--metric-resolution=${intervalMs}ms`],
        ...['--kubelet-use-node-status-port', '--kubelet-preferred-address-types=InternalIP'],
        ...['--bind-address=127.0.0.1', `--secure-port=${port}`, `--cert-dir=${join(dir, 'standalone')}`],
      ])
      lifecycle.add(service.stop)
      return { ...service, url: `https://127.0.0.1:${port}` }
    },
    async startMetricsServer(): Promise<Service | undefined> {
      if (metricsServerBinary === undefined) return undefined
      const service = await startMetricsServer(
        {
          kubeconfig: await account('kube-system:metrics-server', 'peer'),
          caFile: join(cluster.dir, 'ca.crt'),
        },
        {
          port: await freePort(),
          intervalMs,
          certDir: join(dir, 'metrics-server'),
          logFile: join(dir, 'metrics-server.log'),
        },
      )
      lifecycle.add(service.stop)
      return service
    },
  }
}

const main = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))

/** The environment that the image gives (Dockerfile). */
const imageEnv = { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' }

/** `metrics-ring <args>` without a probe inside, which would weigh, too. */
function startOwn(logFile: string, args: string[]) {
  const env = { ...process.env, ...imageEnv }
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(logFile, { flags: 'a' })
  for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false })
  const exited = once(child, 'exit').then(() => log.end())
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(patience)
    },
  }
}
