import type { ScrapeReason } from './reasons.ts'

/** What may be gone at a second look; a wrong certificate, path or permission is not. */
const TRANSIENT: ReadonlySet<ScrapeReason> = new Set([
  'reset',
  'truncated',
  'refused',
  'unreachable',
  'dns',
  'status_5xx',
])

export type FirstTry = {
  reason: ScrapeReason
  /** It was sent on a connection kept from an earlier scrape. */
  reused: boolean
  tookMs: number
}

/**
 * How long to wait before asking the kubelet once more in the same interval; undefined: do not. Only a try that
 * failed fast leaves time for another within the same timeout. A kept connection that turns out to be closed says
 * nothing about the kubelet, so a new one is made at once.
 */
export function secondTryAfterMs(first: FirstTry, timeoutMs: number, pauseMs: number): number | undefined {
  if (!TRANSIENT.has(first.reason) || first.tookMs >= timeoutMs / 2) return undefined
  return first.reused && first.reason === 'reset' ? 0 : pauseMs
}
