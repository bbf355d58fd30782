import { clientRows } from '../chaos/rows-of-faults.ts'
import { atMost, exactly, type Row, row } from '../rows.ts'
import type { Results } from './compare-results.ts'

/** At the interval of the target. */
const noFaults = { rows: [], nodes: undefined, intervalMs: 15_000 }

/** The worst of all faults. */
export function faultRows(alone: Results['alone']): Row[] {
  const { rows, nodes, intervalMs } = alone?.faults ?? noFaults
  const where = nodes === undefined ? '' : ` (${nodes} nodes, W = ${intervalMs / 1000} s)`
  const worst = (what: string, isMeant = (_: Row) => true) => {
    const values = rows.filter((each) => each.name.endsWith(`: ${what}`) && isMeant(each))
    const whole = values.length > 0 && values.every(({ value }) => typeof value === 'number')
    return whole ? Math.max(...values.map(({ value }) => Number(value))) : undefined
  }
  // The lists that it was answering go with a frontend that is killed, whoever serves: there it has no target.
  const mayFail = ({ target }: Row) => target === null
  const mustNotFail = (each: Row) => !mayFail(each)
  return [
    row(
      `missing pods, 10 lists a second while a process is killed, restarted or rolled${where}`,
      worst(clientRows.missing),
      '',
      exactly(0),
    ),
    row('  lists answered with an error', worst(clientRows.errors, mustNotFail), '', exactly(0)),
    row('  lists answered with an error while a frontend is killed', worst(clientRows.errors, mayFail), ''),
    row(
      '  a pod created meanwhile is served, after its start',
      worst(clientRows.fresh),
      's',
      // 30 s at W = 15 s.
      atMost((2 * intervalMs) / 1000),
    ),
  ]
}

export function aloneRows(alone: Results['alone']): Row[] {
  const { decode, assign } = alone ?? {}
  return [
    row('decoding 33 kB', decode && (decode.msEach * 33_000) / decode.bytes, 'ms', atMost(0.15)),
    assign?.[0] ?? row('assignment of 5000 nodes over 20 shards', undefined, 'ms', atMost(50)),
  ]
}
