import { badRequest, type Failure, invalid, isFailure } from '../answer/status.ts'
import { type FieldSelector, parseFieldSelector } from './field-selector.ts'
import { goQuote } from './go-quote.ts'
import { isInt64, toBigInt } from './label-parse.ts'
import { type LabelSelector, parseLabelSelector } from './label-selector.ts'
import { listOptionsFaults } from './list-options-rules.ts'
import { type Position, parseContinueToken } from './paging.ts'
import { readDuration } from './timeout.ts'

/** What of each row's object a Table shows. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

/** The query of a list, read. Selectors are absent where they restrict nothing. */
export type ListOptions = {
  labelSelector?: LabelSelector
  fieldSelector?: FieldSelector
  watch: boolean
  /** Items a page, > 0; absent: all. */
  limit?: number
  /** Where the page before this one ended. */
  after?: Position
}

/**
 * Reads the query of a list by Kubernetes' rules: of repeated keys the first counts, unknown ones do not. A fault
 * is a 400, or 422 where parameters contradict each other.
 */
export function parseListOptions(query: URLSearchParams): ListOptions | Failure {
  for (const key of ['timeoutSeconds', 'limit']) {
    const fault = integerFault(query.get(key))
    if (fault) return badRequest(fault)
  }
  const labelSelector = parseLabelSelector(query.get('labelSelector') ?? '')
  if (labelSelector && 'fault' in labelSelector) return badRequest(labelSelector.fault)
  const fieldSelector = parseFieldSelector(query.get('fieldSelector') ?? '')
  if (fieldSelector && 'fault' in fieldSelector) return badRequest(fieldSelector.fault)
  const watch = parseBool(query.get('watch'))
  const faults = listOptionsFaults(query, watch)
  if (faults.length > 0) return invalid('ListOptions.meta.k8s.io', faults)
  const after = query.get('continue') ? parseContinueToken(query.get('continue') as string) : undefined
  if (after && isFailure(after)) return after
  const limit = Number(toBigInt(query.get('limit') ?? '0'))
  return {
    watch,
    ...(labelSelector ? { labelSelector } : {}),
    ...(fieldSelector ? { fieldSelector } : {}),
    ...(limit > 0 ? { limit } : {}),
    ...(after ? { after } : {}),
  }
}

/** `includeObject` of a Table: its metadata where the query does not say. */
export function parseIncludeObject(query: URLSearchParams): IncludeObject | Failure {
  const value = query.get('includeObject') || 'Metadata'
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value
  const rule = `must be 'Metadata', 'Object', 'None', or empty`
  return badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${goQuote(value)}: ${rule}`,
  )
}

/** `timeout` in the query of any request, milliseconds; 0: the client does not ask for one. A fault is a 400. */
export function parseTimeout(query: URLSearchParams): number | Failure {
  const text = query.get('timeout') ?? ''
  const timeoutMs = text === '' ? 0 : readDuration(text)
  if (typeof timeoutMs === 'number') return Math.max(timeoutMs, 0)
  return badRequest(`invalid timeout specified in the request URL - ${timeoutMs.fault}`)
}

/** A present parameter is true unless it is `0` or `false`. */
function parseBool(text: string | null): boolean {
  return text !== null && text !== '0' && text.toLowerCase() !== 'false'
}

/** What Go's strconv.ParseInt(text, 10, 64) says against a text. */
function integerFault(text: string | null): string | undefined {
  if (text === null || isInt64(text)) return undefined
  const why = /^[+-]?[0-9]+$/.test(text) ? 'value out of range' : 'invalid syntax'
  return `strconv.ParseInt: parsing ${goQuote(text)}: ${why}`
}
