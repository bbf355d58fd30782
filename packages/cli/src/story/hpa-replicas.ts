/**
 * The replica formula of the HorizontalPodAutoscaler for a CPU target of the kind AverageValue
 * (kubernetes/kubernetes pkg/controller/podautoscaler/replica_calculator.go GetRawResourceReplicas). Pure.
 */

/** A pod of the scaled workload, as the API server has it. */
export type HpaPod = {
  name: string
  phase: string
  /** Milliseconds since the epoch. */
  startMs: number
  ready: boolean
  /** When `ready` last changed. */
  readySinceMs: number
}

/** CPU of one pod: the sum of what its containers use, each rounded up to millicores. */
export type PodCpu = { millicores: number; timestampMs: number; windowMs: number }

export type Verdict = {
  replicas: number
  /** Pods whose usage counted, and the mean of it in millicores. */
  counted: number
  meanMillicores: number
  /** Without metrics: taken as using nothing when scaling up, and as using the target when scaling down. */
  missing: number
}

const tolerance = 0.1
const initializationPeriodMs = 300_000
const initialReadinessDelayMs = 30_000

/** @throws Error in the words of the HPA when it cannot tell; it then keeps the replicas it has */
export function desiredReplicas(
  pods: readonly HpaPod[],
  metrics: ReadonlyMap<string, PodCpu>,
  targetMillicores: number,
  nowMs: number,
): Verdict {
  if (metrics.size === 0) throw new Error('no metrics returned from resource metrics API')
  const current = pods.length
  const { used, missing, unready } = group(pods, metrics, nowMs)
  if (used.length === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  const meanMillicores = mean(used)
  const ratio = meanMillicores / targetMillicores
  const verdict = { counted: used.length, meanMillicores, missing }
  const unreadyCount = ratio > 1 ? unready : 0
  if (missing === 0 && unreadyCount === 0) {
    return { ...verdict, replicas: within(ratio) ? current : Math.ceil(ratio * used.length) }
  }
  const assumed = ratio < 1 ? targetMillicores : 0
  const filled = [...used, ...filler(missing, assumed), ...filler(unreadyCount, 0)]
  return { ...verdict, replicas: damped(ratio, mean(filled) / targetMillicores, filled.length, current) }
}

/** Nothing is done when what is assumed of missing pods turns the direction, or leads nowhere. */
function damped(ratio: number, assumedRatio: number, pods: number, current: number): number {
  const turned = (ratio < 1 && assumedRatio > 1) || (ratio > 1 && assumedRatio < 1)
  if (turned || within(assumedRatio)) return current
  const replicas = Math.ceil(assumedRatio * pods)
  const backwards = assumedRatio < 1 ? replicas > current : replicas < current
  return backwards ? current : replicas
}

function group(pods: readonly HpaPod[], metrics: ReadonlyMap<string, PodCpu>, nowMs: number) {
  const used: number[] = []
  let missing = 0
  let unready = 0
  for (const pod of pods) {
    const cpu = metrics.get(pod.name)
    if (pod.phase === 'Failed') continue
    if (pod.phase === 'Pending') unready++
    else if (!cpu) missing++
    else if (isWarmingUp(pod, cpu, nowMs)) unready++
    else used.push(cpu.millicores)
  }
  return { used, missing, unready }
}

function isWarmingUp(pod: HpaPod, cpu: PodCpu, nowMs: number): boolean {
  if (pod.startMs + initializationPeriodMs > nowMs) {
    return !pod.ready || cpu.timestampMs < pod.readySinceMs + cpu.windowMs
  }
  return !pod.ready && pod.startMs + initialReadinessDelayMs > pod.readySinceMs
}

const within = (ratio: number) => Math.abs(1 - ratio) <= tolerance
/** In whole millicores, as the HPA reckons. */
const mean = (values: readonly number[]) =>
  Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length)
const filler = (count: number, value: number) => new Array<number>(count).fill(value)
