import { isShadow } from '../ring/claims.ts'
import type { Membership } from '../ring/membership.ts'
import type { Shard } from '../shard.ts'

/** What /debug/ring answers: the ring as this shard sees it, and every node it claims, the longest unscraped first. */
export function ringReport(self: string, shard: Shard, membership: Membership, nowMs: number | undefined) {
  const counts = { own: 0, retained: 0, adopted: 0 }
  const nodes = [...shard.nodes()].map(([node, { claim, last }]) => {
    counts[isShadow(claim) ? claim.kind : 'own']++
    const ageMs = last && nowMs !== undefined ? Math.round(nowMs - last.atMs) : undefined
    return {
      node,
      claim: claim.kind,
      ageMs,
      outcome: last?.outcome,
      reason: last?.reason,
      tookMs: last?.tookMs,
    }
  })
  nodes.sort((a, b) => (b.ageMs ?? Number.MAX_VALUE) - (a.ageMs ?? Number.MAX_VALUE))
  return { shard: self, members: membership.members(), proofAgeMs: membership.proofAgeMs(), ...counts, nodes }
}
