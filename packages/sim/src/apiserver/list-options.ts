/** The parameters of a read that lists and watches share. */
import { badRequest, invalid, StatusError } from './status.ts'
import type { Storage } from './storage.ts'

/** Waits for a version, as the watch cache does (3 s). @throws StatusError 504 */
export async function notOlderThan(storage: Storage, version: number): Promise<void> {
  if (await storage.reached(version)) return
  const message = `Too large resource version: ${version}, current: ${storage.version()}`
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }]
  throw new StatusError(504, 'Timeout', `Timeout: ${message}`, { causes, retryAfterSeconds: 1 })
}

/** @throws StatusError 400 when a numeric parameter is not a number */
export function integer(query: URLSearchParams, name: string): number {
  const value = query.get(name) ?? ''
  if (value === '') return 0
  if (!/^\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`)
  return Number(value)
}

/** @throws StatusError 422 for combinations the real server refuses */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch')
  const version = query.get('resourceVersion') ?? ''
  const refuse = (why: string) => invalid('ListOptions.meta.k8s.io', '', why)
  if (query.has('sendInitialEvents')) {
    throw refuse('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')
  }
  if (match === null) return
  if (version === '') {
    throw refuse(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    )
  }
  if (query.get('continue')) {
    throw refuse(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided',
    )
  }
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    throw refuse(
      `resourceVersionMatch: Unsupported value: "${match}": supported values: "Exact", "NotOlderThan"`,
    )
  }
  if (match === 'Exact' && version === '0') {
    throw refuse(
      'resourceVersionMatch: Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"',
    )
  }
}

/** Whether a watch begins with initial events. @throws StatusError 422 for combinations the real server refuses */
export function checkWatchOptions(query: URLSearchParams, bookmarks: boolean): boolean {
  const refuse = (why: string) => invalid('ListOptions.meta.k8s.io', '', why)
  const match = query.get('resourceVersionMatch')
  if (!query.has('sendInitialEvents')) {
    if (match)
      throw refuse(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      )
    return false
  }
  if (match !== 'NotOlderThan') {
    throw refuse(
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  }
  if (query.get('sendInitialEvents') !== 'true') return false
  if (!bookmarks)
    throw refuse('allowWatchBookmarks: Forbidden: sendInitialEvents requires allowWatchBookmarks')
  return true
}
