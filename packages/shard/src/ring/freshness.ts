import type { Clock } from '@metrics-ring/common/clock'
import type { Freshness, SampleStore } from '@metrics-ring/common/store/store'

export type FreshnessReader = { read(node: string): Promise<Freshness | undefined> }

/** How long questions are collected before they are asked together, milliseconds. */
const gatherMs = 25

/** Asks the store who scraped a node last; questions that come close together go in one request. */
export function createFreshnessReader(deps: {
  clock: Clock
  store: Pick<SampleStore, 'freshness'>
}): FreshnessReader {
  let gathering: { nodes: string[]; answer: Promise<Map<string, Freshness>> } | undefined

  function gather() {
    const nodes: string[] = []
    const answer = new Promise<Map<string, Freshness>>((resolve, reject) => {
      deps.clock.after(gatherMs, () => {
        gathering = undefined
        deps.store.freshness(nodes).then(resolve, reject)
      })
    })
    return { nodes, answer }
  }
  return {
    async read(node) {
      gathering ??= gather()
      gathering.nodes.push(node)
      return (await gathering.answer).get(node)
    },
  }
}
