/** Requests and bytes of answers, per verb, resource, user and client. */
import type { Http2ServerResponse } from 'node:http2'
import type { RequestInfo } from './request-info.ts'

export type CountRow = {
  verb: string
  /** `resource`, `resource/subresource`, or the path of a request that is for no resource. */
  resource: string
  user: string
  client: string
  requests: number
  bytes: number
}

export type Counters = ReturnType<typeof createCounters>

export function createCounters() {
  const rows = new Map<string, CountRow>()
  return {
    count(info: RequestInfo, user: string, client: string, response: Http2ServerResponse): void {
      const resource = info.isResource
        ? [info.resource, info.subresource].filter(Boolean).join('/')
        : info.path
      const key = JSON.stringify([info.verb, resource, user, client])
      const row = rows.get(key) ?? { verb: info.verb, resource, user, client, requests: 0, bytes: 0 }
      rows.set(key, row)
      row.requests += 1
      countBytes(response, row)
    },
    rows: (): CountRow[] => [...rows.values()].map((row) => ({ ...row })),
    /** Requests that match all the given fields. */
    requests(match: Partial<CountRow> = {}): number {
      const fields = Object.entries(match) as [keyof CountRow, unknown][]
      const matching = [...rows.values()].filter((row) =>
        fields.every(([field, value]) => row[field] === value),
      )
      return matching.reduce((sum, row) => sum + row.requests, 0)
    },
    reset: (): void => rows.clear(),
  }
}

function countBytes(response: Http2ServerResponse, row: CountRow): void {
  const { write, end } = response as unknown as Record<'write' | 'end', (...args: unknown[]) => unknown>
  const counted =
    (method: (...args: unknown[]) => unknown) =>
    (...args: unknown[]) => {
      const [chunk] = args
      if (typeof chunk === 'string') row.bytes += Buffer.byteLength(chunk)
      else if (chunk instanceof Uint8Array) row.bytes += chunk.length
      return method.apply(response, args)
    }
  Object.assign(response, { write: counted(write), end: counted(end) })
}
