import { constants, type Http2ServerResponse } from 'node:http2'
import type { Clock } from '@metrics-ring/common/clock'
import { CodedError } from '@metrics-ring/common/errors'
import type { Body } from './body.ts'

/** A client that reads nothing for this long is given up, milliseconds. */
export const patienceMs = 30_000

/**
 * Writes a body as fast as the client reads it, and no faster. Resolves when all of it was handed over or the
 * client has gone; rejects with a CodedError `slow_reader` when the client has stopped reading.
 */
export async function send(response: Http2ServerResponse, body: Body, clock: Clock): Promise<void> {
  for (let index = 0; !isGone(response); index++) {
    const block = await body.block(index)
    if (!block) break
    if (isGone(response) || response.write(block)) continue
    if (!(await drained(response, clock))) {
      cut(response)
      throw new CodedError('slow_reader', `the client read nothing for ${patienceMs / 1000} s`)
    }
    // All of it was written, so nobody reads it any more; of one who has gone that is not known.
    if (!isGone(response)) body.done?.(index, block)
  }
  if (!isGone(response)) response.end()
}

const wakes = ['drain', 'close', 'error']

/** True: there is room again, or nobody is there any more. False: patience is over. */
function drained(response: Http2ServerResponse, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const goOn = () => end(true)
    const cancel = clock.after(patienceMs, () => end(false))
    function end(hasRoom: boolean) {
      cancel()
      for (const event of wakes) response.off(event, goOn)
      resolve(hasRoom)
    }
    for (const event of wakes) response.once(event, goOn)
  })
}

function isGone(response: Http2ServerResponse): boolean {
  return response.writableEnded || response.destroyed || response.stream?.destroyed === true
}

/** Ends the stream in mid-answer, so that nobody takes the part for the whole. */
export function cut(response: Http2ServerResponse): void {
  if (response.stream && 'close' in response.stream) response.stream.close(constants.NGHTTP2_CANCEL)
  else response.socket?.destroy()
}
