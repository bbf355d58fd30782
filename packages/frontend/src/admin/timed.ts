import type { Clock } from '@metrics-ring/common/clock'
import type { Handler } from '../serving/server.ts'

/** A resource of the Metrics API; not its discovery, which the API server asks for to see that we are there. */
const resource = /^\/apis\/metrics\.k8s\.io\/[^/]+\/[^?]/

/** The same handler, which tells how long requests for metrics took until their answer was handed over. */
export function timed(handler: Handler, clock: Clock, answered: (tookMs: number) => void): Handler {
  return (request, response) => {
    if (resource.test(request.url)) {
      const startedMs = clock.mono()
      response.once('finish', () => answered(clock.mono() - startedMs))
    }
    handler(request, response)
  }
}
