import type { KubeletClient, ScrapeCall, Scraped } from './kubelet.ts'
import { DEFAULT_PATH, type KubeletTarget } from './kubelet-target.ts'

/** `--kubelet-endpoint`: which of a kubelet's two answers is asked for. */
export type EndpointChoice = 'auto' | 'resource' | 'summary'

/** In which format the body is. */
export type FetchedFrom = Scraped & { format: 'resource' | 'summary' }

const summaryPath = '/stats/summary'
/** A kubelet that lacked `/metrics/resource` may have been upgraded: it is asked again after this, milliseconds. */
const recheckMs = 3_600_000

/**
 * Asks each kubelet where it answers. With `auto`, one that has no `/metrics/resource` (404) is asked for
 * `/stats/summary` at once, and first the next times, for an hour. A path that the Node's annotation names is always
 * asked for, and is always in the resource format.
 */
export function createEndpoints(deps: {
  choice: EndpointChoice
  mono: () => number
  kubelets: Pick<KubeletClient, 'scrape'>
}) {
  const { choice, mono, kubelets } = deps
  /** When a node was found to lack `/metrics/resource`; by uid, for another node of the name may have it. */
  const lacking = new Map<string, number>()

  const resource = async (target: KubeletTarget, call: ScrapeCall): Promise<FetchedFrom> => ({
    ...(await kubelets.scrape(target, call)),
    format: 'resource',
  })
  const summary = async (target: KubeletTarget, call: ScrapeCall): Promise<FetchedFrom> => ({
    ...(await kubelets.scrape({ ...target, path: summaryPath }, call)),
    format: 'summary',
  })
  function lacks(uid: string): boolean {
    const sinceMs = lacking.get(uid)
    return sinceMs !== undefined && mono() - sinceMs < recheckMs
  }

  return {
    async fetch(target: KubeletTarget, call: ScrapeCall): Promise<FetchedFrom> {
      if (target.path !== DEFAULT_PATH || choice === 'resource') return resource(target, call)
      if (choice === 'summary' || lacks(target.uid)) return summary(target, call)
      const first = await resource(target, call)
      if (first.ok || first.reason !== 'not_found') {
        if (first.ok) lacking.delete(target.uid)
        return first
      }
      const second = await summary(target, call)
      if (second.ok) lacking.set(target.uid, mono())
      // Neither: the advice for the first says more.
      return second.ok || second.reason !== 'not_found' ? second : first
    },
    /** Forgets all nodes but those of these uids. */
    retain(uids: ReadonlySet<string>) {
      for (const uid of lacking.keys()) if (!uids.has(uid)) lacking.delete(uid)
    },
  }
}
