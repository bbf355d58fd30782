/** The aggregator's own small requests. */
import type { User } from '../objects.ts'
import type { Target } from './endpoints.ts'
import { identityHeaders } from './identity.ts'
import type { Pool } from './pool.ts'
import type { HeaderMap } from './transport.ts'

export type Fetched = { status: number; headers: HeaderMap; text: string }

/** GET with a deadline. Statuses are values; only a failed transport throws. */
export async function fetchText(
  pool: Pool,
  target: Target,
  path: string,
  user: User,
  headers: HeaderMap,
  timeoutMs: number,
): Promise<Fetched> {
  const signal = AbortSignal.timeout(timeoutMs)
  const all = { ...identityHeaders(user), 'user-agent': 'Go-http-client/2.0', ...headers }
  const {
    status,
    headers: received,
    body,
  } = await pool.send(target, { method: 'GET', path, headers: all }, signal)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk as Buffer)
  return { status, headers: received, text: Buffer.concat(chunks).toString('utf8') }
}
