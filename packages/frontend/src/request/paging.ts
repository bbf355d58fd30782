import { badRequest, type Failure } from '../answer/status.ts'

/** The last object of a page; the next page starts behind it. `namespace` is '' for a node. */
export type Position = { namespace: string; name: string }

const version = 'metrics-ring/v1'
const invalid = 'continue key is not valid'

/** Token of the page behind `last`: holds all there is to know, so that it never expires and any replica reads it. */
export function continueToken({ namespace, name }: Position): string {
  return Buffer.from(JSON.stringify({ v: version, start: [namespace, name] })).toString('base64url')
}

/** What a token says, or a 400. */
export function parseContinueToken(token: string): Position | Failure {
  if (!/^[\w-]+$/.test(token)) return badRequest(`${invalid}: illegal base64 data`)
  let parsed: { v?: unknown; start?: unknown } | null
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return badRequest(`${invalid}: not JSON`)
  }
  if (parsed?.v !== version) return badRequest(`${invalid}: server does not recognize this encoded version`)
  const [namespace, name] = Array.isArray(parsed.start) ? (parsed.start as unknown[]) : []
  if (typeof namespace !== 'string' || typeof name !== 'string' || name === '') {
    return badRequest(`${invalid}: encoded start key empty`)
  }
  return { namespace, name }
}
