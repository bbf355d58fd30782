import { mkdtempSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastWords } from '@metrics-ring/cli/demo/process'
import { createLifecycle } from '@metrics-ring/common/lifecycle'
import { freePort } from '@metrics-ring/common/testing/free-port'
import { type RedisServer, startRedisServer } from '@metrics-ring/common/testing/redis-server'
import { startMetricsServer } from '../metrics-server.ts'
import type { ProbeRequest } from '../probe.ts'
import { type Peer, startService } from '../processes.ts'
import type { Bench } from '../scenario.ts'
import type { Site } from './site.ts'

export type ProcessKind = 'metrics-server' | 'standalone' | 'shard' | 'frontend' | 'Redis'
/** `healthUrl` of a shard: plain HTTP. */
export type Measured = { name: string; kind: ProcessKind; pid: number; healthUrl?: string }

/** One process that answers the Metrics API; `probe` looks inside where it is ours. */
export type Server = Measured & { url: string; probe?: Peer<ProbeRequest>; stop(): Promise<void> }

/** What is compared: its processes, all of them measured. */
export type System = {
  name: string
  processes(): Measured[]
  servers(): Server[]
  redis?: RedisServer
  /** What a process has said last. */
  lastWords(name: string): string
  /** Ends the first server and starts it again; resolves to when the new process was started, ms since the epoch. */
  restartServer(): Promise<number>
  stop(): Promise<void>
}

export type SystemPlan =
  | { name: string; kind: 'metrics-server'; replicas: number }
  | { name: string; kind: 'standalone' }
  | { name: string; kind: 'sharded'; shards: number; frontends: number; shardArgs?: string[] }

export async function startSystem(bench: Bench, site: Site, plan: SystemPlan): Promise<System> {
  const lifecycle = createLifecycle((error) => bench.progress(`stopping: ${String(error)}`))
  bench.lifecycle.add(lifecycle.stop)
  const { name } = plan
  // Certificates and logs; the site's directory, which outlives every system, goes in the end.
  const dir = mkdtempSync(join(site.dir, `${plan.kind}-`))
  const place: Place = { site, dir, redisUrl: undefined }
  let redis: RedisServer | undefined
  const others: Measured[] = []
  if (plan.kind === 'sharded') {
    redis = await startRedisServer()
    lifecycle.add(redis.stop)
    place.redisUrl = redis.url
    others.push({ name: 'redis', kind: 'Redis', pid: redis.pid() })
    for (let n = 0; n < plan.shards; n++) {
      const shard = await startShard(place, `shard-${n}`, plan.shardArgs)
      lifecycle.add(shard.stop)
      others.push({ name: `shard-${n}`, kind: 'shard', pid: shard.pid, healthUrl: shard.healthUrl })
    }
  }
  const replicas = plan.kind === 'sharded' ? plan.frontends : plan.kind === 'standalone' ? 1 : plan.replicas
  const servers: Server[] = []
  lifecycle.add(async () => void (await Promise.all(servers.map(({ stop }) => stop()))))
  const start = (n: number) => serverStarts[plan.kind](place, `${serverNames[plan.kind]}-${n}`)
  for (let n = 0; n < replicas; n++) servers.push(await start(n))
  return {
    name,
    processes: () => [...others, ...servers],
    servers: () => [...servers],
    ...(redis && { redis }),
    lastWords: (process) => lastWords(join(dir, `${process}.log`)),
    async restartServer() {
      await servers[0]?.stop()
      const startedMs = Date.now()
      servers[0] = await start(0)
      return startedMs
    },
    stop: lifecycle.stop,
  }
}

/** Resolves when every server listens, and every shard knows of every other. */
export async function untilUp(system: System, withinMs = 120_000): Promise<void> {
  const shards = system.processes().filter(({ kind }) => kind === 'shard')
  const knowsAll = async ({ healthUrl }: Measured) => {
    const { members } = (await (await fetch(`${healthUrl}/debug/ring`)).json()) as { members: string[] }
    return members.length === shards.length
  }
  const isUp = async () => {
    const listening = await Promise.all(system.servers().map(({ url }) => listens(Number(new URL(url).port))))
    const settled = await Promise.all(shards.map((shard) => knowsAll(shard).catch(() => false)))
    return [...listening, ...settled].every(Boolean)
  }
  for (const endMs = Date.now() + withinMs; !(await isUp()); await sleep(250)) {
    if (Date.now() > endMs) throw new Error(`${system.name} is not up after ${withinMs / 1000} s`)
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

type Place = { site: Site; dir: string; redisUrl: string | undefined }

const serverNames = {
  'metrics-server': 'metrics-server',
  standalone: 'standalone',
  sharded: 'frontend',
} as const
const serverStarts = {
  'metrics-server': startPeerToCompare,
  standalone: startStandalone,
  sharded: startFrontend,
} as const

function servingArgs({ files }: Site, port: number): string[] {
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${files.cert}`,
    `--tls-private-key-file=${files.key}`,
  ]
}

function kubeletArgs({ kubeletCaFile }: Site): string[] {
  return [
    '--kubelet-use-node-status-port',
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-certificate-authority=${kubeletCaFile}`,
  ]
}

async function startPeerToCompare({ site, dir }: Place, name: string): Promise<Server> {
  const port = await freePort()
  const kubeconfig = await site.account('kube-system:metrics-server', name)
  const started = await startMetricsServer(
    { kubeconfig, caFile: site.kubeletCaFile },
    {
      port,
      intervalMs: site.options.intervalMs,
      certDir: dir,
      logFile: join(dir, `${name}.log`),
      args: servingArgs(site, port),
    },
  )
  return {
    name,
    kind: 'metrics-server',
    pid: started.pid,
    url: `https://localhost:${port}`,
    stop: started.stop,
  }
}

/** Extra flags of a server that scrapes, too; none of a frontend. */
async function startStandalone(place: Place, name: string): Promise<Server> {
  const { site } = place
  const kubeconfig = await site.account('kube-system:metrics-server', name)
  return serve(place, {
    name,
    kind: 'standalone',
    args: ['standalone', `--kubeconfig=${kubeconfig}`, ...kubeletArgs(site)],
  })
}

async function startFrontend(place: Place, name: string): Promise<Server> {
  const kubeconfig = await place.site.account('kube-system:metrics-ring-frontend', name)
  return serve(place, { name, kind: 'frontend', args: ['frontend', `--kubeconfig=${kubeconfig}`] })
}

async function serve(
  { site, dir, redisUrl }: Place,
  { name, kind, args }: { name: string; kind: ProcessKind; args: string[] },
): Promise<Server> {
  const port = await freePort()
  const all = [...args, ...servingArgs(site, port), `--metric-resolution=${site.options.intervalMs}ms`]
  const env: Record<string, string> = redisUrl === undefined ? {} : { REDIS_URL: redisUrl }
  const probe: Peer<ProbeRequest> = startService(all, env, join(dir, `${name}.log`))
  return { name, kind, pid: probe.pid, url: `https://localhost:${port}`, probe, stop: probe.stop }
}

async function startShard(
  { site, dir, redisUrl = '' }: Place,
  name: string,
  more: string[] = [],
): Promise<Peer<ProbeRequest> & { healthUrl: string }> {
  const port = await freePort()
  const kubeconfig = await site.account('kube-system:metrics-ring-shard', name)
  const args = [
    ...[
      'shard',
      `--kubeconfig=${kubeconfig}`,
      `--identity=${name}`,
      `--metric-resolution=${site.options.intervalMs}ms`,
    ],
    ...[`--health-port=${port}`, '--health-address=127.0.0.1', ...kubeletArgs(site)],
    ...more,
  ]
  const peer = startService<ProbeRequest>(args, { REDIS_URL: redisUrl }, join(dir, `${name}.log`))
  return { ...peer, healthUrl: `http://127.0.0.1:${port}` }
}
