import { CodedError } from '../errors.ts'

/** What Redis begins its errors with (or has in the midst of them, from a script), and our code for it. */
const codes: [pattern: RegExp, code: string][] = [
  [/\b(WRONGPASS|NOAUTH)\b|invalid password|without any password configured/, 'store_auth'],
  [/\bNOPERM\b|The user executing the script can't|ACL failure in script/, 'store_forbidden'],
  [/\bREADONLY\b/, 'store_read_only'],
  [/\bOOM\b/, 'store_full'],
  [/\b(MISCONF|NOREPLICAS)\b/, 'store_refuses_writes'],
  [/^MOVED /, 'store_moved'],
  [/\b(ASK|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/, 'store_unavailable'],
  [/^[A-Z]+ /, 'store_error'],
]
const longestReason = 200

/**
 * The error of a command as a CodedError. What does not look like an answer of Redis (a lost connection, a
 * timeout) is `store_unavailable`. The original is left behind: it carries the arguments of its command, which
 * for AUTH are the password.
 */
export function storeError(error: unknown, address: string): CodedError {
  if (error instanceof CodedError) return error
  const reason = reasonOf(error)
  const code = codes.find(([pattern]) => pattern.test(reason))?.[1] ?? 'store_unavailable'
  return new CodedError(code, `Redis at ${address}: ${reason}`)
}

/** The error's message in one short line. An error to connect may have only a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return (error.message || code).replaceAll(/\s+/g, ' ').slice(0, longestReason)
}

export function isMissingScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

/** The command ended with its connection: why that ended, another error tells. */
export function isAborted(error: unknown): boolean {
  return error instanceof Error && /^(Command aborted|Connection is closed)/.test(error.message)
}
