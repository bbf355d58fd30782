import { createHash } from 'node:crypto'

/** Upper-case hex of SHA-512: equal documents have equal hashes on every replica. */
export function hashOf(text: string): string {
  return createHash('sha512').update(text).digest('hex').toUpperCase()
}

/** Whether an If-None-Match header names the quoted ETag, alone, in a list, weakly or by `*`. */
export function isKnown(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((each) => [etag, '*'].includes(each.trim().replace(/^W\//, '')))
}
