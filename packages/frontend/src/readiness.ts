/** What readiness depends on. */
export type ReadyState = {
  /** Everything in the store was read once. */
  storeLoaded: boolean
  nodesSynced: boolean
  podsSynced: boolean
  /** Whom to trust was read once. */
  trustLoaded: boolean
  /** Of all known nodes, the part of which a sample is served. */
  coverage: number
  /** Since the process started, milliseconds. */
  upMs: number
  /** W, milliseconds. */
  intervalMs: number
}

/** Enough of the cluster to be of use. */
const enough = 0.95

/**
 * Why this frontend is not ready to answer yet; empty: it is. Asked until it once was: what is lost later never
 * takes readiness away, for a list that is getting old serves better than none.
 *
 * A store that could not be read, or that is still filling (a first install), is waited for two intervals and no
 * longer: a cluster whose kubelets are all broken still has its API group. Coverage counts all nodes, ready or not:
 * the metadata we follow does not tell, and where too many are not ready the two intervals bound the wait.
 */
export function obstacles(state: ReadyState): Map<string, string> {
  const found = new Map<string, string>()
  const waited = state.upMs >= 2 * state.intervalMs
  if (!waited && !state.storeLoaded) found.set('metric-storage-ready', 'the store has not been read yet')
  else if (!waited && state.coverage < enough) {
    const percent = Math.floor(state.coverage * 100)
    found.set('metric-storage-ready', `the store has samples of ${percent} % of the nodes so far`)
  }
  if (!state.nodesSynced) found.set('metric-informer-sync', 'nodes have not been listed yet')
  if (!state.podsSynced) found.set('metadata-informer-sync', 'pods have not been listed yet')
  if (!state.trustLoaded)
    found.set('authentication', 'whom to trust has not been read from the API server yet')
  return found
}
