import { phaseMs } from '@metrics-ring/common/ring'
import type { Freshness } from '@metrics-ring/common/store/store'
import type { Trace, Tracing } from '@metrics-ring/common/telemetry/trace'
import type { Target } from '../kubelet/targets.ts'
import { failedAgain, patience } from '../patience.ts'
import type { ClaimedNode, ShardPorts } from '../ports.ts'
import { scrapeSpans } from '../report/scrape-spans.ts'
import { type Outcome, scrape } from '../scrape.ts'
import { actsAfterMs, type Claim, type ClaimEvent, judge } from './claims.ts'

export type TurnDeps = ShardPorts & {
  claimed: (node: string) => ClaimedNode | undefined
  target: (node: string) => Target | undefined
  change: (node: string, event: ClaimEvent) => void
  /** Whether we are later than the other in the node's preference. */
  comesAfter: (node: string, other: string) => boolean
  lastScrape: (node: string) => Promise<Freshness | undefined>
  /** The node's next turn is to come at once. */
  again: (node: string) => void
  /** The pace of the node has changed. */
  paced: (node: string) => void
}

/** One turn of a claimed node: look if the claim says so, scrape, and learn from what came of it. */
export function createTurns(deps: TurnDeps) {
  const { self, clock, times, now, store, events, tracing } = deps
  /** When a kubelet answered last, on our clock. */
  let answeredMs = Number.NEGATIVE_INFINITY

  async function take(name: string, phaseAtMs: number) {
    const node = deps.claimed(name)
    const sinceMs = clock.mono()
    if (!node) return
    if (node.claim.kind !== 'own') {
      const last = await deps.lastScrape(name).catch(() => undefined)
      if (deps.claimed(name) !== node) return
      const failedMs = node.last?.outcome === 'failed' ? node.last.endedMs : undefined
      const verdict = judge(node.claim, { phaseAtMs, nowMs: now(), self, failedMs }, last, times)
      if (verdict === 'drop') deps.change(name, { kind: 'evidence' })
      if (verdict !== 'scrape') return
    }
    const { scrape: tries, retry } = patience(node.failures, Math.floor(phaseAtMs / times.intervalMs))
    if (tries) await scrapeNow(name, { retry, sinceMs })
    // Left alone on purpose: others need not cover it.
    else void store.tried(name).catch(() => {})
  }
  /** `sinceMs`: when its turn began, on our clock. */
  async function scrapeNow(name: string, { retry = false, sinceMs = clock.mono() } = {}) {
    const [node, target] = [deps.claimed(name), deps.target(name)]
    if (!node || !target) return
    const atMs = now()
    const fetchSample = () => deps.fetchSample(target, { retry })
    const trace = tracing && traceOf(tracing, name, node.claim, clock.mono() - sinceMs)
    const intervalMs = times.intervalMs
    const outcome = await scrape({ ...deps, fetchSample, intervalMs, trace }, target, node.known)
    trace?.note({ 'metrics_ring.result': outcome.result })
    trace?.end(outcome.result === 'failed' ? outcome.reason : undefined)
    if (deps.claimed(name) === node) finish(name, node, atMs, outcome)
  }
  function finish(name: string, node: ClaimedNode, atMs: number, outcome: Outcome) {
    const before = node.last?.outcome
    note(node, atMs, outcome)
    events.scraped(name, outcome, node.failures)
    deps.paced(name)
    if (outcome.result === 'accepted' || outcome.result === 'unchanged')
      deps.change(name, { kind: 'scraped' })
    if (outcome.result === 'duplicate' && outcome.by !== self) {
      deps.change(name, { kind: 'contested', yields: deps.comesAfter(name, outcome.by) })
    }
    // The store's clock is not what we took it for: it has failed over. Read it, and scrape again once.
    if (outcome.result === 'refused' && outcome.reason === 'clock') {
      void deps.resync?.().then(() => before !== 'refused' && deps.again(name), events.storeFailed)
    }
  }
  function note(node: ClaimedNode, atMs: number, outcome: Outcome) {
    if (outcome.known) node.known = outcome.known
    else delete node.known
    const isAnswered = clock.mono() - answeredMs < times.intervalMs
    if (outcome.result === 'failed') node.failures = failedAgain(node.failures, outcome.reason, isAnswered)
    else delete node.failures
    if (outcome.result !== 'failed') answeredMs = clock.mono()
    const tookMs = 'tookMs' in outcome ? outcome.tookMs : (node.last?.tookMs ?? 0)
    const reason = 'reason' in outcome ? { reason: outcome.reason } : {}
    node.last = { outcome: outcome.result, ...reason, atMs, endedMs: now(), tookMs }
  }
  return { take, scrapeNow }
}

function traceOf(tracing: Tracing, node: string, { kind }: Claim, agoMs: number): Trace {
  const attributes = { 'k8s.node.name': node, 'metrics_ring.claim': kind }
  const trace = tracing.begin(scrapeSpans.scrape, { attributes, agoMs })
  trace.past(scrapeSpans.slot, agoMs)
  return trace
}

/** How long after its phase a node's turn comes, milliseconds. */
export function delayOf({ claim, last }: ClaimedNode, self: string, times: ShardPorts['times']): number {
  const spreadMs = phaseMs(self, times.gainedMs)
  return actsAfterMs(
    claim,
    { tookMs: last?.tookMs ?? 0, failing: last?.outcome === 'failed', spreadMs },
    times,
  )
}
