import type { StatusCause } from '../answer/status.ts'
import { goQuote } from './go-quote.ts'

const notOlderThan = 'NotOlderThan'

/**
 * Parameters of a list or watch that contradict each other (apimachinery internalversion/validation
 * ValidateListOptions, with the WatchList gate on as it is since 1.34).
 */
export function listOptionsFaults(query: URLSearchParams, watch: boolean): StatusCause[] {
  const match = query.get('resourceVersionMatch') ?? ''
  const initialEvents = query.has('sendInitialEvents')
  const continued = (query.get('continue') ?? '') !== ''
  return watch
    ? watchFaults(match, initialEvents, continued)
    : listFaults(match, initialEvents, continued, query.get('resourceVersion') ?? '')
}

function listFaults(
  match: string,
  initialEvents: boolean,
  continued: boolean,
  version: string,
): StatusCause[] {
  const faults: StatusCause[] = []
  if (match !== '') {
    if (version === '') faults.push(forbiddenMatch('is forbidden unless resourceVersion is provided'))
    if (continued) faults.push(forbiddenMatch('is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== notOlderThan)
      faults.push(unsupported(match, ['Exact', notOlderThan, '']))
    if (match === 'Exact' && version === '0') {
      faults.push(forbiddenMatch('"exact" is forbidden for resourceVersion "0"'))
    }
  }
  if (initialEvents) faults.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return faults
}

function watchFaults(match: string, initialEvents: boolean, continued: boolean): StatusCause[] {
  const faults: StatusCause[] = []
  if (initialEvents && match !== notOlderThan) {
    const why = `sendInitialEvents requires setting resourceVersionMatch to ${notOlderThan}`
    faults.push(forbidden('resourceVersionMatch', why))
  }
  if (match !== '') {
    if (!initialEvents)
      faults.push(forbiddenMatch('is forbidden for watch unless sendInitialEvents is provided'))
    if (match !== notOlderThan) faults.push(unsupported(match, [notOlderThan]))
    if (continued) faults.push(forbiddenMatch('is forbidden when continue is provided'))
  }
  return faults
}

function forbiddenMatch(why: string): StatusCause {
  return forbidden('resourceVersionMatch', `resourceVersionMatch ${why}`)
}

function forbidden(field: string, why: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }
}

function unsupported(value: string, supported: string[]): StatusCause {
  const known = supported.map(goQuote).join(', ')
  const message = `Unsupported value: ${goQuote(value)}: supported values: ${known}`
  return { reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' }
}
