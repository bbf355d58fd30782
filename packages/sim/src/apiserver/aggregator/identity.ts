import type { User } from '../objects.ts'
import type { HeaderMap } from './transport.ts'

/** The headers by which a front proxy tells on whose behalf it asks, as client-go's auth proxy writes them. */
export function identityHeaders({ name, uid, groups, extra }: User): HeaderMap {
  const headers: HeaderMap = { 'x-remote-user': bytes(name) }
  if (uid) headers['x-remote-uid'] = bytes(uid)
  if (groups.length > 0) headers['x-remote-group'] = groups.map(bytes)
  for (const [key, values] of Object.entries(extra ?? {})) {
    headers[`x-remote-extra-${escapeKey(key)}`] = values.map(bytes)
  }
  return headers
}

/** UTF-8 as the latin1 text that Node writes out byte by byte. */
function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Percent-escapes what may not stand in a header's name, and the percent sign. */
function escapeKey(key: string): string {
  const escaped = [...Buffer.from(key, 'utf8')].map((byte) => {
    const character = String.fromCharCode(byte)
    return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  })
  return escaped.join('').toLowerCase()
}

/** The aggregator itself, as it probes; member of the group that needs no authorization. */
export const aggregatorUser: User = { name: 'system:kube-aggregator', groups: ['system:masters'] }
