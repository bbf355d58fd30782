import type { FailedTry } from '@metrics-ring/common/store/store'
import { advice, type ScrapeReason } from '@metrics-ring/shard/kubelet/reasons'
import type { LeaseView } from '@metrics-ring/shard/ring/members'
import type { RingStatus } from '../status/status-ring.ts'
import { count, type Finding, type Found, some } from './finding.ts'

export type CoverageFacts = {
  /** Undefined where there is no ring (standalone). */
  leases: readonly LeaseView[] | undefined
  /** Names of Leases that did not change for as long as they last. */
  silent: ReadonlySet<string>
  /** The names of all Nodes. */
  nodes: readonly string[]
  /** As the store shows it; undefined where it could not be asked. */
  ring: RingStatus | undefined
  /** Why the last try at a late node failed, as the shards have told the store. */
  failures: ReadonlyMap<string, FailedTry>
  /** What the Metrics API answers to a list of nodes: their names, or why not; undefined: not asked. */
  served:
    | { ok: true; nodes: ReadonlySet<string> }
    | { ok: false; status: number; message: string }
    | undefined
  ringName: string
  leaseNamespace: string
}

/** Whether shards are there, and every node is scraped and served. Pure. */
export function judgeCoverage(facts: CoverageFacts): Found {
  const { leases, nodes, ring, served, silent } = facts
  const alive = leases ? `${count(leases.length - silent.size, 'shard')} alive` : 'no ring (standalone)'
  const findings = [...judgeLeases(facts), ...judgeScraped(facts), ...judgeServed(facts)]
  const scraped = ring ? `, ${ring.nodes - ring.late} scraped within two intervals` : ''
  const shown = served?.ok ? `, ${nodes.filter((each) => served.nodes.has(each)).length} served` : ''
  return {
    findings,
    note: `${alive}; ${count(nodes.length, 'node')}${scraped}${shown}`,
  }
}

function judgeLeases({ leases, silent, ringName, leaseNamespace }: CoverageFacts): Finding[] {
  if (!leases) return []
  const list = `kubectl -n ${leaseNamespace} get leases -l metrics-ring.io/ring=${ringName}`
  if (leases.length === 0)
    return [
      {
        code: 'ring_empty',
        severity: 'error',
        symptom: 'the ring has no shard: no kubelet is scraped',
        evidence: `no Lease of ring ${ringName} in namespace ${leaseNamespace}`,
        fix: 'kubectl -n kube-system get pods -l app.kubernetes.io/component=shard; or give --ring-name and --lease-namespace as the shards have them',
      },
    ]
  if (silent.size === 0) return []
  const names = leases.filter(({ shard }) => silent.has(shard))
  return [
    {
      code: 'shard_silent',
      severity: silent.size === leases.length ? 'error' : 'warning',
      symptom: `${count(silent.size, 'shard')} no longer renews its Lease; the others cover its nodes`,
      evidence: some(names.map(({ shard, renewTime }) => `${shard} renewed last at ${renewTime}`)),
      fix: `${list}; kubectl -n kube-system logs <shard>: it may hang, or not reach the API server`,
    },
  ]
}

function judgeScraped({ ring, failures }: CoverageFacts): Finding[] {
  if (!ring || ring.late === 0) return []
  const worst = ring.worst.slice(0, ring.late).map(({ node, ageMs, by }) => {
    const last = ageMs === undefined ? 'never' : `${(ageMs / 1000).toFixed(0)} s ago by ${by}`
    const why = failures.get(node)
    return `${node} ${last}${why ? ` (${why.by} says: ${why.reason.replace(` (${adviceOf(why.reason)})`, '')})` : ''}`
  })
  const reasons = ring.worst.flatMap(({ node }) => failures.get(node)?.reason ?? [])
  const help = reasons.map(adviceOf).find(Boolean)
  return [
    {
      code: 'nodes_unscraped',
      severity: 'error',
      symptom: `${count(ring.late, 'node')} of ${ring.nodes} not scraped within two intervals`,
      evidence: some(worst),
      fix: help ?? 'see what is found for their kubelets; metrics-ring status --watch shows the ring',
    },
  ]
}

/** Of a reason as shards write it: its word, a colon, what happened, and the advice in brackets. */
function adviceOf(reason: string): string {
  return advice(reason.split(':', 1)[0] as ScrapeReason)
}

function judgeServed({ nodes, served, ring }: CoverageFacts): Finding[] {
  if (!served) return []
  const fix =
    'kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes; the /readyz?verbose of a frontend says what it lacks'
  if (!served.ok) {
    const symptom = 'the Metrics API is registered, and does not answer with metrics'
    const evidence = `GET /apis/metrics.k8s.io/v1beta1/nodes: ${served.status} ${served.message}`
    return [{ code: 'metrics_refused', severity: 'error', symptom, evidence, fix }]
  }
  const lacking = nodes.filter((node) => !served.nodes.has(node))
  // A node that is not scraped is told of already.
  if (lacking.length === 0 || (ring && ring.late > 0)) return []
  const evidence = some(lacking)
  const symptom = `${count(lacking.length, 'node')} of ${nodes.length} without metrics`
  return [{ code: 'nodes_without_metrics', severity: 'error', symptom, evidence, fix }]
}
