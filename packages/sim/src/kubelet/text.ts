/** The Prometheus text of a kubelet's `/metrics/resource`, byte for byte as the kubelet's registry writes it. */

/** `strconv.FormatFloat(value, 'g', -1, 64)`: an exponent below 1e-4 and from 1e+06. */
export function goFloat(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value)
  if (value >= 1e6 && value < 1e21) return withExponent(String(value))
  const [digits, exponent = ''] = value.toExponential().split('e')
  const power = exponent.slice(1)
  return `${digits}e${exponent[0]}${power.length < 2 ? `0${power}` : power}`
}

/** Of digits with an exponent of two digits. `toExponential` says the same, and took a third of the time of an answer. */
function withExponent(decimal: string): string {
  const point = decimal.indexOf('.')
  const whole = point === -1 ? decimal : decimal.slice(0, point)
  const fraction = point === -1 ? '' : decimal.slice(point + 1)
  const digits = whole + fraction
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  const power = whole.length - 1
  return `${digits[0]}${end > 1 ? `.${digits.slice(1, end)}` : ''}e+${power < 10 ? '0' : ''}${power}`
}

function head(name: string, stability: string, type: 'counter' | 'gauge', help: string): string {
  return `# HELP ${name} [${stability}] ${help}\n# TYPE ${name} ${type}\n`
}

const cpuHelp = (what: string) => `Cumulative cpu time consumed by the ${what} in core-seconds`
const memoryHelp = (what: string) => `Current working set of the ${what} in bytes`
const swapHelp = (what: string) =>
  `Current amount of the ${what} swap usage in bytes. Reported only on non-windows systems`

const HEADS = {
  containerCpu: head('container_cpu_usage_seconds_total', 'STABLE', 'counter', cpuHelp('container')),
  containerMemory: head('container_memory_working_set_bytes', 'STABLE', 'gauge', memoryHelp('container')),
  containerStart: head(
    'container_start_time_seconds',
    'STABLE',
    'gauge',
    'Start time of the container since unix epoch in seconds',
  ),
  containerSwap: head('container_swap_usage_bytes', 'ALPHA', 'gauge', swapHelp('container')),
  nodeCpu: head('node_cpu_usage_seconds_total', 'STABLE', 'counter', cpuHelp('node')),
  nodeMemory: head('node_memory_working_set_bytes', 'STABLE', 'gauge', memoryHelp('node')),
  nodeSwap: head(
    'node_swap_usage_bytes',
    'ALPHA',
    'gauge',
    'Current swap usage of the node in bytes. Reported only on non-windows systems',
  ),
  podCpu: head('pod_cpu_usage_seconds_total', 'STABLE', 'counter', cpuHelp('pod')),
  podMemory: head('pod_memory_working_set_bytes', 'STABLE', 'gauge', memoryHelp('pod')),
  scrapeError: head(
    'resource_scrape_error',
    'STABLE',
    'gauge',
    '1 if there was an error while getting container metrics, 0 otherwise',
  ),
}

/** Counters in nanoseconds, sizes in bytes, times in milliseconds since the epoch. */
export type Reading = { cpuNs: number; memoryBytes: number; swapBytes?: number; atMs: number }
export type ContainerReading = Reading & { labels: string; startMs: number }
export type PodReading = Reading & { labels: string }

/** Readings in the order of their labels. A family without lines is left out. */
export function resourceText(node: Reading, containers: ContainerReading[], pods: PodReading[]): string {
  return (
    containerText(containers) +
    nodeText(node) +
    podText(pods) +
    `${HEADS.scrapeError}resource_scrape_error 0\n`
  )
}

function seconds(ns: number): string {
  return goFloat(Math.round(ns) / 1e9)
}

function containerText(containers: ContainerReading[]): string {
  let [cpu, memory, start, swap] = ['', '', '', '']
  for (const { labels, cpuNs, memoryBytes, swapBytes, startMs, atMs } of containers) {
    cpu += `container_cpu_usage_seconds_total{${labels}} ${seconds(cpuNs)} ${atMs}\n`
    memory += `container_memory_working_set_bytes{${labels}} ${goFloat(memoryBytes)} ${atMs}\n`
    start += `container_start_time_seconds{${labels}} ${goFloat(startMs / 1000)} ${atMs}\n`
    if (swapBytes !== undefined)
      swap += `container_swap_usage_bytes{${labels}} ${goFloat(swapBytes)} ${atMs}\n`
  }
  return (
    family('containerCpu', cpu) +
    family('containerMemory', memory) +
    family('containerStart', start) +
    family('containerSwap', swap)
  )
}

function nodeText({ cpuNs, memoryBytes, swapBytes, atMs }: Reading): string {
  const swap = swapBytes === undefined ? '' : `node_swap_usage_bytes ${goFloat(swapBytes)} ${atMs}\n`
  return (
    family('nodeCpu', `node_cpu_usage_seconds_total ${seconds(cpuNs)} ${atMs}\n`) +
    family('nodeMemory', `node_memory_working_set_bytes ${goFloat(memoryBytes)} ${atMs}\n`) +
    family('nodeSwap', swap)
  )
}

function podText(pods: PodReading[]): string {
  let [cpu, memory] = ['', '']
  for (const { labels, cpuNs, memoryBytes, atMs } of pods) {
    cpu += `pod_cpu_usage_seconds_total{${labels}} ${seconds(cpuNs)} ${atMs}\n`
    memory += `pod_memory_working_set_bytes{${labels}} ${goFloat(memoryBytes)} ${atMs}\n`
  }
  return family('podCpu', cpu) + family('podMemory', memory)
}

function family(name: keyof typeof HEADS, lines: string): string {
  return lines === '' ? '' : HEADS[name] + lines
}
