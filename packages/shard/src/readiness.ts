import type { ClaimedNode } from './shard.ts'

/** What readiness is judged by; times are milliseconds of a monotonic clock. */
export type ReadinessInput = {
  storeReached: boolean
  nodesListed: boolean
  /** The last proof of membership; undefined before the first. */
  proofAgeMs: number | undefined
  nodes: Iterable<ClaimedNode>
  /** Since the first node was claimed; undefined before. */
  claimedForMs: number | undefined
  intervalMs: number
}

/** Share of the reachable own nodes that must have a stored scrape. */
const wanted = 0.95

/**
 * Ready: the shard has begun its work. Never "all peers are healthy", and after two intervals ready whatever the
 * kubelets do, so that broken kubelets cannot block a rollout (docs/ring.md).
 */
export function readinessChecks(input: ReadinessInput): { name: string; failure: string | undefined }[] {
  const when = (failure: string, holds: boolean) => (holds ? undefined : failure)
  return [
    { name: 'store', failure: when('the store has not answered yet', input.storeReached) },
    { name: 'nodes', failure: when('the API server has not listed the Nodes yet', input.nodesListed) },
    { name: 'ring', failure: when('our Lease is not confirmed yet', input.proofAgeMs !== undefined) },
    { name: 'samples', failure: samples(input) },
  ]
}

function samples(input: ReadinessInput): string | undefined {
  if (input.claimedForMs === undefined) return 'no nodes are assigned yet'
  if (input.claimedForMs >= 2 * input.intervalMs) return undefined
  let reachable = 0
  let stored = 0
  for (const { claim, known, last } of input.nodes) {
    if (claim.kind === 'retained' || claim.kind === 'adopted' || last?.outcome === 'failed') continue
    reachable++
    if (known && known.version > 0) stored++
  }
  return stored >= wanted * reachable
    ? undefined
    : `${stored} of ${reachable} reachable nodes have a stored sample`
}
