import type { ContainerReading, PodReading, Reading } from './text.ts'

/** The JSON of a kubelet's `/stats/summary`, of what is read there for CPU and memory. Its times are whole seconds. */
export function summaryText(
  nodeName: string,
  node: Reading,
  containers: ContainerReading[],
  pods: PodReading[],
): string {
  const byPod = Map.groupBy(containers, ({ labels }) => podLabelsOf(labels))
  return JSON.stringify({
    node: { nodeName, startTime: rfc3339(node.atMs - 86_400_000), ...statsOf(node) },
    pods: pods.map((pod) => ({
      podRef: { name: label(pod.labels, 'pod'), namespace: label(pod.labels, 'namespace'), uid: '' },
      startTime: rfc3339(Math.min(...(byPod.get(pod.labels) ?? []).map(({ startMs }) => startMs), pod.atMs)),
      containers: (byPod.get(pod.labels) ?? []).map((container) => ({
        name: label(container.labels, 'container'),
        startTime: rfc3339(container.startMs),
        ...statsOf(container),
      })),
      ...statsOf(pod),
    })),
  })
}

function statsOf({ cpuNs, memoryBytes, swapBytes, atMs }: Reading) {
  const time = rfc3339(atMs)
  return {
    cpu: { time, usageNanoCores: 0, usageCoreNanoSeconds: Math.round(cpuNs) },
    memory: { time, usageBytes: memoryBytes, workingSetBytes: memoryBytes, rssBytes: memoryBytes },
    ...(swapBytes === undefined ? {} : { swap: { time, swapUsageBytes: swapBytes } }),
  }
}

function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

function label(labels: string, name: string): string {
  return new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
}

function podLabelsOf(labels: string): string {
  return `namespace="${label(labels, 'namespace')}",pod="${label(labels, 'pod')}"`
}
