import { decode } from '@metrics-ring/shard/decode/decode'
import { createNodeReader } from '@metrics-ring/sim/kubelet/series'
import { createModel } from '@metrics-ring/sim/model/model'

export type DecodeSpeed = { bytes: number; msEach: number; megabytesPerSecond: number }

/**
 * Decodes answers of simulated kubelets one after another, each as the next of its kubelet, for about two seconds; the best
 * of five rounds.
 */
export function measureDecode(podsPerNode: number): DecodeSpeed {
  const model = createModel({ nodes: 20, podsPerNode, containersPerPod: [2, 2], swapFraction: 0, seed: 1 })
  const clock = { startedMs: model.startedMs, factor: 1 }
  const bodies = model
    .nodes()
    .map((node) => Buffer.from(createNodeReader(node, 'cadvisor', clock).text(model.now())))
  const bytes = bodies.reduce((sum, { length }) => sum + length, 0) / bodies.length
  const rounds = Array.from({ length: 5 }, () => round(bodies))
  const msEach = Math.min(...rounds)
  return { bytes, msEach, megabytesPerSecond: bytes / msEach / 1000 }
}

const receivedMs = 1_700_000_000_000

/** CPU milliseconds of one answer. */
function round(bodies: readonly Buffer[]): number {
  const times = 2_000
  const layouts = bodies.map((body) => decode(body, receivedMs).layout)
  const before = process.cpuUsage()
  for (let i = 0; i < times; i++) {
    const each = i % bodies.length
    decode(bodies[each] as Buffer, receivedMs, layouts[each])
  }
  return process.cpuUsage(before).user / 1000 / times
}
