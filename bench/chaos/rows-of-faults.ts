import { atMost, exactly, type Row, row, type Target } from '../rows.ts'
import type { Fault } from './faults.ts'
import type { Measured } from './measure.ts'
import type { SiteOptions } from './site.ts'

/** What a client of the Metrics API sees of any fault. */
export const clientRows = {
  missing: 'pods missing in a list',
  errors: 'lists answered with an error',
  fresh: 'a new pod is served, after its start',
} as const

const none = exactly(0)

/** The rows of one fault; times in seconds, targets as at W = 15 s and in proportion at any other. */
export function faultRows({ title, targets }: Fault, seen: Measured, site: SiteOptions): Row[] {
  const { intervalMs, sampling } = site
  const { scrapes, listed } = seen
  const scale = intervalMs / 15_000
  const time = (is: number | undefined): Target | undefined =>
    is === undefined ? undefined : atMost(Math.round(is * scale * 100) / 100)
  const rows = [
    row('slots missed, all nodes', scrapes.missed, '', targets.missed === undefined ? undefined : none),
    row('slots missed, worst node', scrapes.mostMissed, '', mostOf(targets.mostMissed)),
    row('extra scrapes', scrapes.extraPercent, '%', mostOf(targets.extraPercent)),
    row('greatest age of a record', seen.recordAgeMs / 1000, 's', time(targets.recordAgeS)),
    row('longest time between two scrapes of a kubelet', scrapes.longestGapMs / 1000, 's'),
    row('lists', listed.lists, ''),
    row(clientRows.errors, listed.errors, '', targets.listsFail ? undefined : none),
    row(clientRows.missing, listed.missing.length, '', none),
    row('greatest age of a sample served', listed.oldestMs / 1000, 's'),
    row(
      clientRows.fresh,
      seen.newPods.sinceStartMs / 1000,
      's',
      // A kubelet that samples on its own looks at an idle container again after up to 31 s: nobody could be in time.
      sampling === 'cri' ? time(30) : undefined,
    ),
    row(
      'a new pod is served, after its kubelet can tell',
      seen.newPods.sinceUsableMs / 1000,
      's',
      time(targets.newPodS ?? 18),
    ),
    row('then: nodes retained or adopted', seen.covered, '', none),
    row('then: nodes not scraped exactly once in an interval', seen.uneven, '', none),
    row('idle CPU of the machine', 100 * seen.idle, '%'),
  ]
  if (seen.drainMs !== undefined)
    rows.splice(4, 0, row('longest drain', seen.drainMs / 1000, 's', time(targets.drainS)))
  if (targets.stampede !== undefined)
    rows.splice(0, 0, row('scrapes per node, next interval', seen.stampede, '', mostOf(targets.stampede)))
  if (targets.evictions !== undefined) rows.splice(0, 0, row('evictions', seen.evictions, '', none))
  return rows.map((each) => ({ ...each, name: `${title}: ${each.name}` }))
}

const mostOf = (value: number | undefined) => (value === undefined ? undefined : atMost(value))

/** Of a fault that could not be measured. */
export function unmeasured({ title }: Fault): Row[] {
  return Object.values(clientRows).map((name) => row(`${title}: ${name}`, undefined, '', none))
}
