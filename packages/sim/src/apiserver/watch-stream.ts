/** The writing half of a watch: lines in order, no faster than the client reads them. */
import { type Call, isGone, writable } from './http.ts'

/** Text that is rendered when its turn comes. */
export type Line = () => string
export type WatchStream = ReturnType<typeof createWatchStream>

/** A client this far behind is given up, as the real server does. */
const queueLimit = 200_000

/** Clients wait for the headers before the first event, which may be long in coming. */
function sendHeaders(response: Call['response']): void {
  const flushing = response as { flushHeaders?: () => void }
  flushing.flushHeaders?.()
}

/** Writes lines in order with backpressure; `done` resolves when the client left or the stream ended. */
export function createWatchStream({ response }: Call, backlog: Line[]) {
  const { promise: done, resolve: finish } = Promise.withResolvers<void>()
  let queue = backlog
  let next = 0
  let [ending, stalled, pumping, gone] = [false, false, false, false]
  response.statusCode = 200
  response.setHeader('content-type', 'application/json')
  response.setHeader('cache-control', 'no-cache, private')
  sendHeaders(response)
  const leave = () => {
    gone = true
    finish()
  }
  response.once('close', leave)
  if (isGone(response)) leave()

  async function pump(): Promise<void> {
    if (pumping) return
    pumping = true
    while (next < queue.length && !stalled && !gone) {
      const batch = queue.slice(next, next + 64).map((line) => line())
      next += batch.length
      if (!response.write(batch.join(''))) await writable(response)
    }
    if (next >= queue.length) {
      queue = []
      next = 0
    }
    pumping = false
    if (ending && queue.length === 0) finish()
  }
  void pump()
  return {
    done,
    push(line: Line | undefined): void {
      if (!line || gone) return
      queue.push(line)
      if (queue.length - next > queueLimit) finish()
      void pump()
    },
    end(): void {
      ending = true
      void pump()
    },
    drop(): void {
      finish()
    },
    stall(value: boolean): void {
      stalled = value
      void pump()
    },
  }
}
