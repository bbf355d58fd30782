import type { Cluster } from '@metrics-ring/sim/cluster'
import type { HpaPod, PodCpu } from './hpa-replicas.ts'

/** A workload with an HPA: ten pods on two nodes. */
export type ScaledWorkload = {
  namespace: string
  name: string
  selector: string
  /** `unlucky` is the one to lose a scrape. */
  nodes: { lucky: string; unlucky: string }
  /** A little below two thirds of what the pods use on average, so that rounding does not ask for one pod more. */
  targetMillicores: number
  intervalMs: number
  pods(): HpaPod[]
}

const podCount = 10
const loadOverTarget = 1.495

export function deployScaledWorkload({ model }: Cluster, intervalMs: number): ScaledWorkload {
  const [lucky, unlucky] = model.nodes().map(({ name }) => name)
  if (lucky === undefined || unlucky === undefined) throw new Error('the story needs two nodes')
  const namespace = 'story'
  const steady = { base: 300_000_000, amplitude: 0, periodMs: 1_000, offsetMs: 0 }
  const first = model.createPod({ namespace, node: lucky, containers: [{ name: 'app', cpu: steady }] })
  const { workload } = first
  for (let n = 1; n < podCount; n++) model.createPod({ workload, node: n % 2 === 0 ? lucky : unlucky })
  const own = () => model.pods().filter((pod) => pod.workload === workload)
  const loads = own().flatMap(({ runs }) => runs.map(({ cpu }) => cpu.base / 1e6))
  const mean = loads.reduce((sum, load) => sum + load, 0) / podCount
  return {
    namespace,
    name: workload.name,
    selector: `app.kubernetes.io/name=${workload.name},app.kubernetes.io/part-of=${namespace}`,
    nodes: { lucky, unlucky },
    intervalMs,
    targetMillicores: Math.ceil(mean / loadOverTarget),
    pods: () =>
      own().map(({ name, phase, createdMs }) => ({
        ...{ name, phase, startMs: createdMs },
        ...{ ready: phase === 'Running', readySinceMs: createdMs },
      })),
  }
}

/**
 * What metrics-server would have: it asks once an interval, keeps two points of a node and forgets the older when a
 * scrape fails, so that the pods of a node are served only while its last two scrapes succeeded
 * (kubernetes-sigs/metrics-server pkg/storage/pod.go).
 */
export function byMetricsServersRule(
  { model, kubelets }: Cluster,
  { namespace, intervalMs }: ScaledWorkload,
  served: ReadonlyMap<string, PodCpu>,
): Map<string, PodCpu> {
  const hasTwoPoints = (node: string) => {
    const finished = kubelets.requests(node).filter(({ status }) => status !== undefined)
    return firstOfEachInterval(finished, intervalMs)
      .slice(-2)
      .every(({ status }) => status === 200)
  }
  return new Map([...served].filter(([name]) => hasTwoPoints(model.pod(namespace, name).node)))
}

/** Without the second tries that a shard makes. */
function firstOfEachInterval<T extends { atMs: number }>(scrapes: readonly T[], intervalMs: number): T[] {
  const firsts: T[] = []
  for (const scrape of scrapes) {
    const last = firsts.at(-1)
    if (!last || scrape.atMs - last.atMs > intervalMs / 2) firsts.push(scrape)
  }
  return firsts
}

/** Scrapes of the node fail for one interval, and are well again. Resolves once it is over. */
export async function loseOneScrape(
  { kubelets }: Cluster,
  node: string,
  waitMs: (ms: number) => Promise<unknown>,
): Promise<void> {
  const failed = () => kubelets.requests(node).some(({ status }) => status === 500)
  await kubelets.setFault(node, { kind: 'status', code: 500 })
  while (!failed()) await waitMs(20)
  // Time for the second try that a shard makes within the interval.
  await waitMs(500)
  await kubelets.setFault(node, undefined)
}
