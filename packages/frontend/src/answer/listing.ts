import type { ListOptions } from '../request/list-options.ts'
import { continueToken, type Position } from '../request/paging.ts'
import { placeOf } from '../view/order.ts'
import { isServed } from '../view/shelf.ts'
import { createPace, eachInTurns } from '../view/turns.ts'
import type { View } from '../view/view.ts'
import type { NodeEntry } from '../view/view-nodes.ts'
import type { PodEntry } from '../view/view-pods.ts'
import type { ListMeta, Resource } from './api.ts'

export type ServedEntry = PodEntry | NodeEntry

export type Listing = { entries: readonly ServedEntry[]; meta: ListMeta }

/**
 * What a list request selects, in order, with samples within the age bound. A long list is gathered in turns: each
 * entry is looked at once, at some moment until it is done. @param namespace '' for all.
 */
export async function listing(
  view: View,
  resource: Resource,
  namespace: string,
  options: ListOptions,
  nowMs: number,
): Promise<Listing> {
  const { labelSelector, fieldSelector, after, limit } = options
  const runs = selectRuns(view, resource, namespace, options)
  const fits = fieldSelector && ((entry: ServedEntry) => fieldSelector.matches(positionOf(entry)))
  const entries: ServedEntry[] = []
  let remaining = 0
  const pace = createPace()
  for (const run of after ? behind(runs, after) : runs) {
    await eachInTurns(
      run,
      (entry) => {
        if (!isServed(entry as NodeEntry, nowMs) || (fits && !fits(entry))) return
        if (limit === undefined || entries.length < limit) entries.push(entry)
        else remaining++
      },
      pace,
    )
  }
  const last = entries.at(-1)
  if (remaining === 0 || !last) return { entries, meta: {} }
  const counted = labelSelector || fieldSelector ? {} : { remainingItemCount: remaining }
  return { entries, meta: { continue: continueToken(positionOf(last)), ...counted } }
}

type Runs = readonly (readonly ServedEntry[])[]

function selectRuns(
  view: View,
  resource: Resource,
  namespace: string,
  { labelSelector, fieldSelector }: ListOptions,
): Runs {
  const selection = {
    ...(labelSelector ? { labels: labelSelector } : {}),
    ...(fieldSelector?.name === undefined ? {} : { name: fieldSelector.name }),
  }
  if (resource === 'nodes') return view.selectNodes(selection)
  return view.selectPods(namespace || fieldSelector?.namespace, selection)
}

function positionOf(entry: ServedEntry): Position {
  return { namespace: namespaceOf(entry), name: entry.name }
}

/** Nodes are in no namespace, which is written ''. */
function namespaceOf(entry: ServedEntry): string {
  return 'namespace' in entry ? entry.namespace : ''
}

/** Runs are of one namespace each, in order. */
function behind(runs: Runs, after: Position): Runs {
  return runs.flatMap((run) => {
    const [first] = run
    if (!first || namespaceOf(first) < after.namespace) return []
    if (namespaceOf(first) > after.namespace) return [run]
    const place = placeOf(run, after.name)
    return [run.slice(run[place]?.name === after.name ? place + 1 : place)]
  })
}
