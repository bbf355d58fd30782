import { clientRows } from '../chaos/rows-of-faults.ts'
import { atMost, exactly, type Row, row } from '../rows.ts'
import type { Results } from './compare-results.ts'

/** The worst of all faults. */
export function faultRows(alone: Results['alone']): Row[] {
  const { rows = [], nodes = 100, intervalMs = 5_000 } = alone?.faults ?? {}
  const worst = (what: string, of = rows) => {
    const values = of.filter(({ name }) => name.endsWith(`: ${what}`)).map(({ value }) => value)
    const whole = values.length > 0 && values.every((value) => typeof value === 'number')
    return whole ? Math.max(...(values as number[])) : undefined
  }
  // The lists that it was answering go with a frontend that is killed, whoever serves.
  const isOfFrontend = ({ name }: Row) => name.startsWith('SIGKILL of a frontend: ')
  const others = rows.filter((each) => !isOfFrontend(each))
  const where = `${nodes} nodes, W = ${intervalMs / 1000} s`
  return [
    row(
      `missing pods, 10 lists a second while a process is killed, restarted or rolled (${where})`,
      worst(clientRows.missing),
      '',
      exactly(0),
    ),
    row('  lists answered with an error', worst(clientRows.errors, others), '', exactly(0)),
    row('  the same while a frontend is killed', worst(clientRows.errors, rows.filter(isOfFrontend)), ''),
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
