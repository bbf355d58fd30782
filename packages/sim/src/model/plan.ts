import { type Curve, steady } from './curve.ts'
import type { Random } from './random.ts'
import type { ContainerTemplate, Workload } from './types.ts'

export type Plan = {
  namespaces: string[]
  /** In how many replicas each workload runs; DaemonSets are not listed. */
  replicas: Map<Workload, number>
  daemonSets: Workload[]
}

export type PlanOptions = {
  /** Pods to fill with Deployments and StatefulSets. */
  pods: number
  daemonSets: number
  namespaces: number
  containersPerPod: [fewest: number, most: number]
  /** Share of workloads that use next to no CPU, in [0, 1]. */
  idleFraction: number
  /** What an average container may use. */
  budget: { nanocores: number; bytes: number }
  nowMs: number
}

const AREAS = ['shop', 'search', 'payments', 'mail', 'media', 'batch', 'maps', 'chat', 'fleet', 'ledger']
const ROLES = ['api', 'web', 'worker', 'cache', 'gateway', 'index', 'queue', 'sync', 'store', 'cron']
const SIDECARS = ['app', 'proxy', 'log-agent', 'metrics-exporter', 'config-reload']
const DAEMONS = ['kube-proxy', 'node-exporter', 'log-shipper', 'csi-node']
const SIZES = [1, 1, 2, 2, 3, 3, 3, 5, 6, 10, 20, 50]
const DAY_MS = 86_400_000

export function planWorkloads(random: Random, options: PlanOptions): Plan {
  const namespaces = namespaceNames(options.namespaces)
  const replicas = new Map<Workload, number>()
  for (let left = options.pods, n = 0; left > 0; n++) {
    const count = Math.min(left, random.pick(SIZES))
    replicas.set(planWorkload(random, options, pickNamespace(random, namespaces), n), count)
    left -= count
  }
  const daemonSets = DAEMONS.slice(0, options.daemonSets).map((name) =>
    workload(random, options, { kind: 'DaemonSet', namespace: 'kube-system', name }),
  )
  return { namespaces, replicas, daemonSets }
}

function namespaceNames(count: number): string[] {
  const area = (n: number) =>
    `${AREAS[n % AREAS.length]}${n < AREAS.length ? '' : `-${Math.floor(n / AREAS.length)}`}`
  return ['default', 'kube-system', ...Array.from({ length: Math.max(1, count - 2) }, (_, n) => area(n))]
}

/** Every fifth workload goes to one namespace, the others spread, so that there is a large one to select in. */
function pickNamespace(random: Random, namespaces: string[]): string {
  return random.next() < 0.2 ? (namespaces[2] ?? 'default') : random.pick(namespaces)
}

function planWorkload(random: Random, options: PlanOptions, namespace: string, n: number): Workload {
  const kind = random.next() < 0.25 ? 'StatefulSet' : 'Deployment'
  return workload(random, options, {
    kind,
    namespace,
    name: `${random.pick(ROLES)}-${random.letters(3)}${n}`,
  })
}

export function workload(
  random: Random,
  options: Omit<PlanOptions, 'pods' | 'daemonSets' | 'namespaces'>,
  is: Pick<Workload, 'kind' | 'namespace' | 'name'>,
): Workload {
  const idle = random.next() < options.idleFraction
  const count = random.whole(...options.containersPerPod)
  return {
    ...is,
    uid: random.uuid(),
    revision: random.letters(10),
    revisionUid: random.uuid(),
    createdMs: Math.floor(options.nowMs - random.between(3 * DAY_MS, 300 * DAY_MS)),
    containers: Array.from({ length: count }, (_, at) => container(random, options, at, idle)),
    replicas: 0,
  }
}

function container(
  random: Random,
  options: Pick<PlanOptions, 'budget'>,
  at: number,
  idle: boolean,
): ContainerTemplate {
  const name = at < SIDECARS.length ? (SIDECARS[at] as string) : `side-${at}`
  const bytes = options.budget.bytes * random.between(0.1, 1.5)
  return {
    name,
    image: `registry.example/${name}:v${random.whole(1, 9)}.${random.whole(0, 30)}.${random.whole(0, 9)}`,
    cpu: idle
      ? steady(random.pick([0, 0, 20_000]))
      : wave(random, options.budget.nanocores * random.between(0.1, 1.5), 0.8),
    memory: wave(random, bytes, 0.2),
    swap: random.next() < 0.5 ? steady(0) : wave(random, bytes * 0.1, 0.3),
  }
}

/** Periods of 5 to 60 minutes. `swing`: greatest amplitude as a share of the base. */
export function wave(random: Random, base: number, swing: number): Curve {
  const periodMs = random.whole(5, 60) * 60_000
  const offsetMs = random.whole(0, periodMs)
  return { base: Math.round(base), amplitude: Math.floor(base * swing * random.next()), periodMs, offsetMs }
}
