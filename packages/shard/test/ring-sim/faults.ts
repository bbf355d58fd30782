import type { Random } from './random.ts'

/**
 * What can go wrong, as plain data: a run is a seed and such a list, and shrinks by leaving faults out.
 * `atMs` and `forMs`: virtual time. `which`: chooses among the shards or nodes that there are then.
 */
export type Fault = { kind: FaultKind; atMs: number; forMs: number; which: number; how: number }

export const faultKinds = [
  'SIGTERM of a shard',
  'SIGKILL of a shard',
  'SIGSTOP of a shard, then SIGCONT',
  'a new shard',
  'a shard replaced by one of its name',
  'rolling upgrade of the protocol',
  'API server away',
  'a shard cut from the API server',
  'stale lists of Leases',
  'the store away',
  'a shard cut from the store',
  'a shard cut from the kubelets',
  'failover of the store',
  'FLUSHALL',
  'a kubelet away',
  'a slow kubelet',
  'a kubelet whose clock steps',
  'nodes added',
  'a node deleted',
  'a node whose name is used again',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** When faults begin, and the last moment at which one may still be under way. */
export const faultsFromMs = 90_000
export const faultsUntilMs = 460_000

export function drawFaults(random: Random): Fault[] {
  const count = random.int(3, 6)
  const faults = Array.from({ length: count }, () => {
    const atMs = random.int(faultsFromMs, faultsUntilMs - 60_000)
    const longest = Math.min(150_000, faultsUntilMs - atMs)
    const forMs = random.chance(0.5) ? random.int(500, 20_000) : random.int(500, longest)
    return { kind: random.pick(faultKinds), atMs, forMs, which: random.int(0, 999), how: random.int(0, 999) }
  })
  return faults.sort((a, b) => a.atMs - b.atMs)
}

/** Shorter lists and shorter faults, the most promising first. */
export function simpler(faults: readonly Fault[]): Fault[][] {
  const without = faults.map((_, i) => faults.filter((_, j) => i !== j))
  const shorter = faults.flatMap((fault, i) =>
    fault.forMs > 2_000 ? [faults.with(i, { ...fault, forMs: Math.round(fault.forMs / 2) })] : [],
  )
  return [...without, ...shorter]
}

export function describeFault({ kind, atMs, forMs, which, how }: Fault): string {
  return `${(atMs / 1000).toFixed(1)} s: ${kind} (for ${(forMs / 1000).toFixed(1)} s, which ${which}, how ${how})`
}
