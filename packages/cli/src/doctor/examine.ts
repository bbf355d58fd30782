import { CodedError, errorText } from '@metrics-ring/common/errors'
import type { KubeClient } from '@metrics-ring/common/kube/kube'
import type { KubeConfig } from '@metrics-ring/common/kube/kubeconfig'
import { examineRedis, type RedisFacts } from '@metrics-ring/common/redis/examine'
import { readNodeNames } from '../status/read-ring.ts'
import { judgeAccess, wantedRights } from './access.ts'
import { judgeAggregation } from './aggregation.ts'
import { type ApiServiceFacts, judgeApiServices } from './api-services.ts'
import { type ClockOffset, judgeClocks } from './clocks.ts'
import { judgeCoverage } from './coverage.ts'
import type { DoctorConfig } from './doctor-config.ts'
import { type Finding, type Found, Skip } from './finding.ts'
import { type Installed, installedTiers, type Running } from './installed.ts'
import { judgeKubelets } from './kubelets.ts'
import {
  probeAccess,
  probeAggregation,
  probeApiServices,
  readAutoscalers,
  readDeployments,
  readPods,
} from './probe-kube.ts'
import { dateOffset, probeKubelets } from './probe-kubelets.ts'
import { probeRing, type RingProbe } from './probe-ring.ts'
import { judgeRedis } from './redis.ts'
import { judgeWorkloads } from './workloads.ts'

/** One group of checks. `skipped`: it could not be made from here; the note says why. */
export type Check = {
  check: string
  result: 'sound' | 'findings' | 'skipped'
  note: string
  tookMs: number
  findings: Finding[]
}

export type ExamineDeps = {
  kube: KubeClient
  kubeConfig: KubeConfig
  /** The configuration, once it is known which flags the Deployments have. */
  configure: (installed: { args: readonly string[]; filesAreHere: boolean }) => DoctorConfig
  inCluster: boolean
  /** What this pod runs; undefined outside of our pods. */
  own: Running | undefined
}

/** In which they are told. */
const order = [
  ...['API server', 'aggregation layer', 'APIServices', 'rights', 'workloads', 'Redis'],
  ...['ring', 'kubelets', 'clocks'],
]

/** Looks at everything, what does not depend on each other at the same time. Never rejects. */
export async function examine(deps: ExamineDeps): Promise<Check[]> {
  const { kube, kubeConfig, inCluster, own } = deps
  const clocks: ClockOffset[] = []
  const checks: Check[] = []
  /** Undefined where the check was skipped or broke off. */
  async function check<T>(name: string, probe: () => Promise<T>, judge: (facts: T) => Found) {
    const startedMs = performance.now()
    const done = (result: Check['result'], note: string, findings: Finding[]) => {
      const tookMs = Math.round(performance.now() - startedMs)
      checks.push({ check: name, result, note, tookMs, findings })
    }
    try {
      const facts = await probe()
      const { findings, note } = judge(facts)
      done(findings.length > 0 ? 'findings' : 'sound', note, findings)
      return facts
    } catch (error) {
      if (error instanceof Skip) done('skipped', error.message, [])
      else done('findings', 'broke off', [brokeOff(name, error)])
      return undefined
    }
  }

  const reached = await check('API server', () => probeApiServer(kube, clocks), judgeNothing(kubeConfig))
  if (!reached) return checks
  const tiers = installedTiers(await readDeployments(kube).catch(() => []))
  const running: readonly Running[] = tiers.length > 0 ? tiers : own ? [own] : []
  const isStandalone = running.length > 0 && running.every(({ tier }) => tier === 'standalone')
  // Shards know most of what we need; of flags that frontends have too, theirs come last.
  const byUse = running.toSorted((a, b) => Number(b.tier === 'frontend') - Number(a.tier === 'frontend'))
  const config = deps.configure({
    args: byUse.flatMap(({ args }) => args),
    filesAreHere: tiers.length === 0,
  })
  const [, apiServices, , redis] = await Promise.all([
    check('aggregation layer', () => probeAggregation(kube), judgeAggregation),
    check('APIServices', () => probeApiServices(kube, tiers), judgeApiServices),
    check('rights', () => probeAccess(kube, wantedRights(tiers, config.leaseNamespace)), judgeAccess),
    check('Redis', () => probeRedis(config, isStandalone, clocks), judgeRedis),
    check('workloads', () => probeWorkloads(kube, tiers), judgeWorkloads),
  ])
  const ring = await check(
    'ring',
    () => {
      const asks = { leases: !isStandalone, store: redis?.answer.ok === true, api: isAvailable(apiServices) }
      return probeRing(config, kube, asks)
    },
    (facts) => judgeCoverage({ ...facts, ...config }),
  )
  clocks.push(...(ring?.clocks ?? []))
  await check(
    'kubelets',
    async () => {
      if (own?.tier === 'frontend')
        throw new Skip('frontends may not ask kubelets: run it in a pod of a shard')
      const nodes = ring?.nodes ?? (await readNodeNames(kube, config.nodeSelector))
      if (nodes.length === 0 || config.kubelets === 0) throw new Skip('no kubelet to ask')
      const sample = sampleOf(nodes, ring, config.kubelets)
      const found = await probeKubelets(config, kube, kubeConfig, sample, ring?.covered ?? new Set())
      clocks.push(...found.clocks)
      return { asked: found.asked, nodes: nodes.length, inCluster }
    },
    judgeKubelets,
  )
  await check('clocks', async () => clocks, judgeClocks)
  return checks.toSorted((a, b) => order.indexOf(a.check) - order.indexOf(b.check))
}

function brokeOff(check: string, error: unknown): Finding {
  const code = error instanceof CodedError ? error.code : 'check_failed'
  const isKube = code === 'kube_unreachable' || check === 'API server'
  return {
    code: isKube ? 'api_server_unreachable' : 'check_failed',
    severity: 'error',
    symptom: isKube ? 'the API server does not answer' : `${check} could not be checked`,
    evidence: errorText(error),
    fix: isKube
      ? 'check the server, the CA and the credentials in the kubeconfig: kubectl version'
      : 'run it again; if it stays, report it with the output of --json',
  }
}

async function probeApiServer(kube: KubeClient, clocks: ClockOffset[]): Promise<string> {
  const sentMs = Date.now()
  const { status, dateMs, body } = await kube.request('GET', '/version', { timeoutMs: 5_000 })
  if (dateMs) clocks.push({ who: 'API server', name: 'it', offsetMs: dateOffset(dateMs, sentMs, Date.now()) })
  if (status !== 200) throw new CodedError(`kube_${status}`, `GET /version: ${status}`)
  return (body as { gitVersion?: string }).gitVersion ?? ''
}

function judgeNothing({ server }: KubeConfig) {
  return (version: string): Found => ({ findings: [], note: `${version} at ${server}` })
}

async function probeRedis(
  { redis, ringName }: DoctorConfig,
  isStandalone: boolean,
  clocks: ClockOffset[],
): Promise<RedisFacts> {
  if (!redis && isStandalone) throw new Skip('standalone: there is none')
  if (!redis) throw new Skip('give --redis-url or REDIS_URL')
  const facts = await examineRedis({ url: redis.url, tlsFiles: redis.tls, ringName })
  const { answer } = facts
  if (answer.ok) {
    const offsetMs = answer.timeMs + answer.tookMs / 2 - Date.now()
    clocks.push({ who: 'Redis', name: 'it', offsetMs })
  }
  return facts
}

async function probeWorkloads(kube: KubeClient, tiers: readonly Installed[]) {
  const [pods, autoscalers] = await Promise.all([
    readPods(kube),
    readAutoscalers(kube).catch((error) => {
      if (error instanceof Skip) return []
      throw error
    }),
  ])
  return { tiers, pods, autoscalers }
}

function isAvailable(apiServices: readonly ApiServiceFacts[] | undefined): boolean {
  const found = apiServices?.find(({ name }) => name.startsWith('v1beta1.'))?.apiService
  return (
    found?.status?.conditions?.some(({ type, status }) => type === 'Available' && status === 'True') === true
  )
}

/** Nodes that are late first, as far as they are half of the sample; of the others some, evenly spread. */
function sampleOf(nodes: readonly string[], ring: RingProbe | undefined, most: number): string[] {
  const late = ring?.late ?? []
  const others = nodes.filter((node) => !late.includes(node))
  const first = late.slice(0, Math.max(Math.ceil(most / 2), most - others.length))
  const room = Math.min(most - first.length, others.length)
  const spread = Array.from({ length: room }, (_, at) => others[Math.floor((at * others.length) / room)])
  return [...first, ...spread.filter((each) => each !== undefined)]
}
