/** The ways a test makes this API server misbehave. */
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { sendJson } from './http.ts'
import { failure } from './status.ts'

/** Down: every connection is cut. Latency: every request waits. Status: every request is answered so. */
export type Outage = 'down' | { latencyMs: number } | { status: number }
/** Reset: the connection breaks, as by a firewall. Silent: requests are taken and never answered. */
export type CutMode = 'reset' | 'silent'

export type Faults = ReturnType<typeof createFaults>

export function createFaults() {
  let outage: Outage | undefined
  const cut = new Map<string, CutMode>()
  let clockMs = 0
  return {
    /** How far its clock is off, milliseconds: seen in the header Date. */
    stepClock(ms: number): void {
      clockMs = ms
    },
    tellTime(response: Http2ServerResponse): void {
      if (clockMs !== 0) response.setHeader('date', new Date(Date.now() + clockMs).toUTCString())
    },
    outage: () => outage,
    setOutage(next: Outage | undefined): void {
      outage = next
    },
    /** @param who a user's name, or the label a token was issued under */
    cutOff(who: string, mode: CutMode = 'reset'): void {
      cut.set(who, mode)
    },
    restore: (who: string): boolean => cut.delete(who),
    cutModeOf: (user: string, client: string): CutMode | undefined => cut.get(client) ?? cut.get(user),

    /** True if the request is to go on; otherwise it has been answered. */
    async admit(response: Http2ServerResponse): Promise<boolean> {
      if (outage === undefined || outage === 'down') return true
      if ('latencyMs' in outage) {
        await new Promise((resolve) => setTimeout(resolve, (outage as { latencyMs: number }).latencyMs))
        return true
      }
      const { status } = outage
      sendJson(response, status, failure(status, 'InternalError', `simulated outage: status ${status}`))
      return false
    },
  }
}

/** Breaks the connection a request came on, as a network does: no GOAWAY, no answer. */
export function breakConnection(request: Http2ServerRequest): void {
  const session = request.stream?.session
  if (session) session.destroy()
  else request.socket.destroy()
}
