import type { ClaimedNode } from '../ports.ts'

/** What readiness is judged by; times are milliseconds of a monotonic clock. */
export type ReadinessInput = {
  storeReached: boolean
  /** Why the last call to the store failed; undefined: it did not. */
  storeTrouble: string | undefined
  nodesListed: boolean
  /** The last proof of membership; undefined before the first. */
  proofAgeMs: number | undefined
  nodes: Iterable<ClaimedNode>
  /** Since the first node was claimed; undefined before. */
  claimedForMs: number | undefined
  intervalMs: number
}

/** `failure` undefined: it holds. A `note` says what is wrong all the same. */
export type ReadyCheck = { name: string; failure: string | undefined; note?: string }

/** Share of the reachable own nodes that must have a stored scrape. */
const wanted = 0.95

/**
 * Ready: the shard has begun its work. Never "all peers are healthy", and after two intervals ready whatever the
 * kubelets do, so that broken kubelets cannot block a rollout (docs/ring.md).
 */
export function readinessChecks(input: ReadinessInput): ReadyCheck[] {
  const when = (failure: string, holds: boolean) => (holds ? undefined : failure)
  return [
    {
      name: 'store',
      failure: when('the store has not answered yet', input.storeReached),
      ...(input.storeTrouble === undefined ? {} : { note: away(input, input.storeTrouble) }),
    },
    { name: 'nodes', failure: when('the API server has not listed the Nodes yet', input.nodesListed) },
    { name: 'ring', failure: when('our Lease is not confirmed yet', input.proofAgeMs !== undefined) },
    { name: 'samples', failure: samples(input) },
  ]
}

/** Once it was reached, its absence takes no readiness away: scraping goes on, and is written later. */
function away({ nodes }: ReadinessInput, trouble: string): string {
  const unwritten = [...nodes].filter(({ known }) => known?.unwritten).length
  return `the store is away, ${unwritten} nodes have samples to be written: ${trouble}`
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
