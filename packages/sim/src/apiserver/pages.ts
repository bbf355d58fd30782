/** Pages of one consistent snapshot, behind opaque continue tokens. */

import type { ListMeta } from './encoding.ts'
import { badRequest, expired } from './status.ts'
import type { Entry } from './storage.ts'

/** What a list found at one version; `selected` when a selector left some out. */
export type Found = { version: number; entries: readonly Entry[]; selected: boolean }
export type Pages = ReturnType<typeof createPages>

const tooOld =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.'

/** Keeps the lists whose further pages may still be asked for; the oldest give way, as if compacted. */
export function createPages(capacity = 16) {
  const kept = new Map<string, Found>()
  let next = 0

  function keep(found: Found): string {
    for (const [id, each] of kept) if (each === found) return id
    next += 1
    kept.set(String(next), found)
    for (const id of kept.keys()) if (kept.size > capacity) kept.delete(id)
    return String(next)
  }

  return {
    /** Items from an offset, at most `limit` unless it is 0, and the list's metadata with the next token. */
    cut(found: Found, offset: number, limit: number): { metadata: ListMeta; entries: readonly Entry[] } {
      const { entries, version, selected } = found
      const end = limit > 0 ? Math.min(offset + limit, entries.length) : entries.length
      const metadata: ListMeta = { resourceVersion: String(version) }
      if (end < entries.length) {
        const token = JSON.stringify({ v: 'meta.k8s.io/v1', id: keep(found), offset: end })
        metadata.continue = Buffer.from(token).toString('base64url')
        if (!selected) metadata.remainingItemCount = entries.length - end
      }
      return { metadata, entries: entries.slice(offset, end) }
    },

    /** @throws StatusError 410 when the list is kept no more, 400 when the token is none */
    resume(token: string): { found: Found; offset: number } {
      const { id, offset } = parseToken(token)
      const found = kept.get(String(id))
      if (!found) throw expired(tooOld)
      return { found, offset: Number(offset) }
    },

    forget: (): void => kept.clear(),
  }
}

function parseToken(token: string): { id?: unknown; offset?: unknown } {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    throw badRequest('continue key is not valid: illegal base64 data')
  }
}
